//! The pool map: every frame of the bridge with its state, and every size class of the pool.

use egui::{
    Align2, Color32, FontId, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use tidepool_dsp::rt::{BridgeStatus, ClassStats, FrameState, PoolStats};

use super::table::{WHOLE, cell, columns, row};
use super::{TAP_ACCOUNT, View, figures, title};
use crate::editor::theme::Colours;

/// Side of a frame's cell, without the gap.
const CELL: f32 = 15.0;
const STEP: f32 = CELL + 2.0;

/// All states, each with its letter and its name.
const STATES: [(FrameState, &str, &str); 4] = [
    (FrameState::Available, "A", "available"),
    (FrameState::InFlight, "F", "in flight"),
    (FrameState::Processing, "P", "processing"),
    (FrameState::TimedOut, "T", "timed out"),
];

/// Draws the map.
pub fn show(ui: &mut Ui, view: &View, colours: &Colours) {
    let (pool, bridge) = (&view.overview.pool, &view.overview.bridge);
    title(ui, "Memory pool", colours, |ui| {
        if let Some(pool) = pool {
            let text = format!(
                "{} held of {} allowed",
                figures::memory(pool.bytes as u64),
                figures::memory(pool.limit as u64)
            );
            ui.label(RichText::new(text).color(colours.quiet));
        }
    });
    // A bridge may have more frames than the card has room for.
    ScrollArea::vertical().id_salt("pool").show(ui, |ui| {
        if let Some(bridge) = bridge {
            map(ui, bridge, colours);
            legend(ui, bridge, colours);
        }
        match pool {
            Some(pool) => classes(ui, pool, colours),
            None => {
                ui.colored_label(colours.quiet, "This instance has no pool.");
            }
        }
    });
}

fn shade(state: FrameState, colours: &Colours) -> Color32 {
    match state {
        FrameState::Available => colours.trough,
        FrameState::InFlight => colours.series[1],
        FrameState::Processing => colours.series[2],
        FrameState::TimedOut => colours.series[5],
    }
}

fn square(ui: &Ui, area: Rect, state: FrameState, colours: &Colours) {
    let (_, letter, _) = STATES
        .into_iter()
        .find(|(it, ..)| *it == state)
        .unwrap_or(STATES[0]);
    let fill = shade(state, colours);
    let ink = if state == FrameState::Available {
        colours.quiet
    } else {
        colours.on_series
    };
    ui.painter().rect_filled(area, 3.0, fill);
    ui.painter().text(
        area.center(),
        Align2::CENTER_CENTER,
        letter,
        FontId::proportional(10.5),
        ink,
    );
}

fn map(ui: &mut Ui, bridge: &BridgeStatus, colours: &Colours) {
    let width = ui.available_width();
    let across = ((width / STEP) as usize).max(1);
    let down = bridge.rows.len().div_ceil(across).max(1);
    let size = vec2(width, down as f32 * STEP);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    let place = |n: usize| {
        let (x, y) = ((n % across) as f32, (n / across) as f32);
        Rect::from_min_size(area.min + vec2(x, y) * STEP, vec2(CELL, CELL))
    };
    for (n, frame) in bridge.rows.iter().enumerate() {
        square(ui, place(n), frame.state, colours);
    }
    let counts = STATES.map(|(state, _, name)| format!("{} {name}", bridge.count(state)));
    let label = format!("{} frames: {}", bridge.rows.len(), counts.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let at = response.hover_pos();
    let hovered = (0..bridge.rows.len()).find(|n| at.is_some_and(|at| place(*n).contains(at)));
    if let Some(n) = hovered {
        let frame = bridge.rows[n];
        let name = STATES
            .iter()
            .find(|(state, ..)| *state == frame.state)
            .map_or("", |it| it.2);
        ui.painter().rect_stroke(
            place(n),
            3.0,
            Stroke::new(1.0, colours.text),
            StrokeKind::Inside,
        );
        let text = format!(
            "Frame {}, generation {}: {name}",
            frame.id, frame.generation
        );
        response.on_hover_text_at_pointer(text);
    }
}

fn legend(ui: &mut Ui, bridge: &BridgeStatus, colours: &Colours) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (state, _, name) in STATES {
            let (area, _) = ui.allocate_exact_size(vec2(CELL, CELL), Sense::hover());
            square(ui, area, state, colours);
            let text = format!("{} {name}", bridge.count(state));
            ui.label(RichText::new(text).size(11.5).color(colours.quiet));
            ui.add_space(4.0);
        }
    });
    ui.add_space(3.0);
}

const HEADS: [(&str, &str); 6] = [
    ("Class", "Size of its frames."),
    (
        "Out",
        "Frames in use. The line marks the most in use at once.",
    ),
    ("Most", "Most frames that were in use at once."),
    ("Frames", "Frames that exist, in use or free."),
    ("Hits", "Share of the requests for a frame that got one."),
    (
        "Denied",
        "Times that the memory limit kept the class from growing.",
    ),
];

fn classes(ui: &mut Ui, pool: &PoolStats, colours: &Colours) {
    let grid = columns([1.0, 1.9, 0.6, 0.75, 0.85, 0.75]);
    let heads = row(ui);
    for (column, (head, about)) in grid.iter().zip(HEADS) {
        cell(ui, heads, *column, head, colours.quiet).on_hover_text(about);
    }
    let adopted = Some(&pool.adopted).filter(|class| class.frames > 0);
    for class in pool.classes.iter().chain(adopted) {
        let area = row(ui);
        let name = match class.bytes {
            0 => "adopted".into(),
            bytes => figures::memory(bytes as u64),
        };
        let out = class.frames.saturating_sub(class.free);
        let cells = [
            name,
            out.to_string(),
            class.most_out.to_string(),
            class.frames.to_string(),
            figures::percent(class.hit_rate()),
            figures::count(class.denials),
        ];
        for ((column, text), n) in grid.iter().zip(&cells).zip(0..) {
            let bad = (n == 4 && class.hit_rate() < 0.95) || (n == 5 && class.denials > 0);
            let colour = if bad { colours.warning } else { colours.text };
            cell(ui, area, *column, text, colour);
        }
        level(ui, area, (grid[1].from, grid[1].to), class, colours);
    }
    let users = pool
        .by_account
        .iter()
        .enumerate()
        .filter(|(_, bytes)| **bytes > 0);
    let users = users.map(|(account, bytes)| {
        let name = if account == TAP_ACCOUNT {
            "tap".into()
        } else {
            format!("account {account}")
        };
        format!("{name} {}", figures::memory(*bytes as u64))
    });
    let users: Vec<_> = users.collect();
    let recycled: u64 = pool.classes.iter().map(|class| class.recycled).sum();
    let text = format!(
        "In use: {}. From the cache: {}; too large: {}",
        if users.is_empty() {
            "nothing".into()
        } else {
            users.join(", ")
        },
        figures::count(recycled),
        figures::count(pool.oversize)
    );
    let area = row(ui);
    cell(ui, area, WHOLE, &text, colours.quiet);
}

/// Draws the frames in use as a bar, and the most that were in use at once as a line on it.
fn level(ui: &Ui, area: Rect, (from, to): (f32, f32), class: &ClassStats, colours: &Colours) {
    let x = |part: f32| area.left() + part * area.width();
    let trough = Rect::from_min_max(
        pos2(x(from) + 4.0, area.top() + 4.0),
        pos2(x(to) - 26.0, area.bottom() - 4.0),
    );
    let painter = ui.painter();
    painter.rect_filled(trough, 2.0, colours.trough);
    let part = |frames: u32| frames as f32 / class.frames.max(1) as f32;
    let out = class.frames.saturating_sub(class.free);
    let mut bar = trough;
    bar.max.x = trough.left() + trough.width() * part(out).min(1.0);
    painter.rect_filled(bar, 2.0, colours.accent);
    let most = trough.left() + trough.width() * part(class.most_out).min(1.0);
    painter.vline(
        most,
        trough.y_range().expand(2.0),
        Stroke::new(1.5, colours.text),
    );
}
