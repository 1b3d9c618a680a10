//! The keys and the buttons of undo and redo.

use egui::{Key, KeyboardShortcut, Modifiers, Rect, Shape, Stroke, Ui, vec2};

use super::Direction::{self, Redo, Undo};
use super::EditHistory;
use crate::editor::controls::icon;
use crate::editor::layout;
use crate::editor::theme::Colours;

/// Keys of each direction; the first of a direction is shown. A shortcut also matches with Shift held, so the one with
/// Shift comes first.
const KEYS: [(Direction, KeyboardShortcut); 3] = [
    (
        Redo,
        KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
    ),
    (Redo, KeyboardShortcut::new(Modifiers::COMMAND, Key::Y)),
    (Undo, KeyboardShortcut::new(Modifiers::COMMAND, Key::Z)),
];

/// Width of both buttons, and the gap between them.
pub const WIDTH: f32 = 2.0 * BUTTON + GAP;
const BUTTON: f32 = 26.0;
const GAP: f32 = 4.0;

/// Returns the steps that were requested by keys in this frame. A field of text keeps the keys for its own undo.
pub fn pressed(ui: &Ui) -> Vec<Direction> {
    if ui.ctx().text_edit_focused() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    ui.input_mut(|input| {
        for (direction, keys) in KEYS {
            let presses = input.count_and_consume_key(keys.modifiers, keys.logical_key);
            steps.extend(std::iter::repeat_n(direction, presses));
        }
    });
    steps
}

/// Returns true if `key` with these modifiers is undo or redo.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "elsewhere, baseview hands keys back by itself")
)]
pub fn is_shortcut(key: Key, modifiers: Modifiers) -> bool {
    KEYS.iter()
        .any(|(_, keys)| keys.logical_key == key && modifiers.matches_logically(keys.modifiers))
}

/// Draws both buttons into `area`; returns the direction that is clicked.
pub fn buttons(
    ui: &mut Ui,
    history: &EditHistory,
    area: Rect,
    colours: &Colours,
) -> Option<Direction> {
    let cells = layout::columns(area, [1.0; 2], GAP);
    let both = [(Undo, "Undo", -1.0), (Redo, "Redo", 1.0)];
    let mut clicked = None;
    for ((direction, name, way), cell) in both.into_iter().zip(cells) {
        let step = history.name(direction);
        let button = icon::show(
            ui,
            cell,
            name,
            step.is_some(),
            colours,
            |painter, centre, ink| {
                let stroke = Stroke::new(1.5, ink);
                let at = |x: f32, y: f32| centre + vec2(way * x, y);
                // A line back to the left that turns through half a circle.
                let mut line = vec![at(6.0, -2.5), at(-1.0, -2.5)];
                line.extend((0..=12).map(|n| {
                    let turn = std::f32::consts::PI * n as f32 / 12.0;
                    at(-1.0 - 3.75 * turn.sin(), 1.25 - 3.75 * turn.cos())
                }));
                line.push(at(3.0, 5.0));
                painter.add(Shape::line(line, stroke));
                let head = [at(7.5, -2.5), at(3.0, -6.0), at(3.0, 1.0)];
                painter.add(Shape::convex_polygon(head.to_vec(), ink, Stroke::NONE));
            },
        );
        let keys = KEYS.iter().find(|(of, _)| *of == direction);
        let keys = keys.map_or(String::new(), |(_, keys)| ui.ctx().format_shortcut(keys));
        let hint = match step {
            Some(step) => format!("{name}: {step} ({keys})"),
            None => format!("Nothing to {} ({keys})", name.to_lowercase()),
        };
        if button.on_hover_text(hint).clicked() {
            clicked = Some(direction);
        }
    }
    clicked
}
