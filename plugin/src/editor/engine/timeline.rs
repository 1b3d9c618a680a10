//! The timeline: processor time of every module over time, stacked in bars.

use egui::{
    Align2, Color32, EventFilter, FontId, Key, Painter, Rect, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};
use tidepool_dsp::Module;

use super::history_entry::{HistoryEntry, HistoryRange, chosen};
use super::{Choices, Subject, View, figures, module_colour, title, toggle};
use crate::editor::theme::Colours;

/// Draws the timeline; a click on it pauses the page and chooses an entry.
pub fn show(ui: &mut Ui, view: &View, choices: &mut Choices, colours: &Colours) {
    title(ui, "Processor time", colours, |ui| {
        let names = [
            (HistoryRange::Blocks, "Blocks"),
            (HistoryRange::Minute, "Minute"),
            (HistoryRange::Hour, "Hour"),
        ];
        if toggle(ui, &mut choices.reach, &names, colours) {
            choices.back = None;
        }
        if let Some((HistoryEntry::Block(block), _)) = chosen(view, choices)
            && ui.button("Open record").clicked()
        {
            choices.open = Some(Subject::Block(block));
        }
    });
    let entries = choices.reach.entries(view);
    let (area, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let plot = Rect::from_min_max(area.min + vec2(44.0, 4.0), area.max - vec2(0.0, 14.0));
    let scale = Scale::over(plot, &entries);
    let slots = choices.reach.slots();
    let width = plot.width() / slots as f32;
    let column = |back: usize| {
        let right = plot.right() - back as f32 * width;
        (right - width, right)
    };

    if let Some(at) = response.interact_pointer_pos() {
        let back = ((plot.right() - at.x) / width).max(0.0) as usize;
        if back < entries.len() {
            choices.paused = true;
            choices.back = Some(back);
        }
    }
    if response.has_focus() && !entries.is_empty() {
        // Keeps the arrow keys from moving the focus to the next widget.
        let arrows = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let step = |key| ui.input(|input| input.num_presses(key));
        let (older, newer) = (step(Key::ArrowLeft), step(Key::ArrowRight));
        if older + newer > 0 {
            choices.paused = true;
            let back = (choices.back.unwrap_or(0) + older).saturating_sub(newer);
            choices.back = Some(back.min(entries.len() - 1));
        }
    }

    let painter = ui.painter();
    if response.has_focus() {
        let edge = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(area.expand(3.0), 4.0, edge, egui::StrokeKind::Inside);
    }
    scale.grid(painter, colours);
    for (back, entry) in entries.iter().rev().enumerate() {
        let (left, right) = column(back);
        bar(
            painter,
            &scale,
            (left, right - 1.0),
            entry,
            choices.line,
            colours,
        );
    }
    scale.line(painter, choices.line, "budget", colours.warning);
    scale.line(painter, 1.0, "deadline", colours.danger);
    if let Some(back) = choices.back {
        let (left, right) = column(back);
        let chosen = Rect::from_x_y_ranges(left - 0.5..=right - 0.5, plot.y_range().expand(2.0));
        painter.rect_stroke(
            chosen,
            2.0,
            Stroke::new(1.0, colours.text),
            egui::StrokeKind::Outside,
        );
    }
    let font = FontId::proportional(10.5);
    let below = plot.bottom() + 3.0;
    let word = |x, align, text: &str| {
        painter.text(pos2(x, below), align, text, font.clone(), colours.quiet);
    };
    word(plot.left(), Align2::LEFT_TOP, &choices.reach.ago(slots));
    word(
        plot.right(),
        Align2::RIGHT_TOP,
        if choices.paused { "when paused" } else { "now" },
    );
    let caption = match choices.reach {
        HistoryRange::Blocks => "every block by module",
        HistoryRange::Minute => "means of a second by module; the ticks are the worst blocks",
        HistoryRange::Hour => "means of a minute by module; the ticks are the worst blocks",
    };
    word(plot.center().x, Align2::CENTER_TOP, caption);
    if entries.is_empty() {
        let text = match choices.reach {
            HistoryRange::Hour => "Nothing yet: a minute has to pass",
            _ => "Nothing yet: play something",
        };
        painter.text(
            plot.center(),
            Align2::CENTER_CENTER,
            text,
            FontId::proportional(12.0),
            colours.quiet,
        );
    }

    let last = entries.last().map_or_else(
        || "nothing yet".into(),
        |last| figures::percent(f64::from(last.load())),
    );
    let label = format!("Processor time: last {last}. Arrow keys scroll back.");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let hovered = response
        .hover_pos()
        .map(|at| ((plot.right() - at.x) / width).max(0.0) as usize);
    if let Some(entry) = hovered.and_then(|back| entries.iter().rev().nth(back)) {
        response.on_hover_ui_at_pointer(|ui| tip(ui, entry, colours));
    }
}

fn bar(
    painter: &Painter,
    scale: &Scale,
    (left, right): (f32, f32),
    entry: &HistoryEntry,
    line: f32,
    colours: &Colours,
) {
    let mut below = 0.0;
    for (module, part) in entry.modules().into_iter().enumerate() {
        let above = below + part;
        let (top, bottom) = (scale.y(above), scale.y(below));
        if part > 0.0 {
            let piece = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
            painter.rect_filled(piece, 0.0, module_colour(module, colours));
        }
        below = above;
    }
    let worst = entry.worst();
    let y = scale.y(worst);
    let over = worst > line;
    let colour = if over { colours.danger } else { colours.text };
    if worst > scale.top {
        // A triangle marks a value beyond the scale.
        let tip = pos2((left + right) / 2.0, scale.plot.top() - 3.0);
        let points = vec![tip, tip + vec2(3.5, 5.0), tip + vec2(-3.5, 5.0)];
        painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
    } else {
        painter.hline(left..=right, y, Stroke::new(1.5, colour));
    }
}

fn tip(ui: &mut Ui, entry: &HistoryEntry, colours: &Colours) {
    let percent = |part: f32| figures::percent(f64::from(part));
    let text = match entry {
        HistoryEntry::Block(block) => format!(
            "Block {}: {} of {} samples, {} voices",
            block.number,
            figures::time(f64::from(block.wall)),
            block.samples,
            block.voices
        ),
        HistoryEntry::Span(point) => format!(
            "Mean {}, worst {}, {:.1} voices, {} over the budget",
            percent(point.load),
            percent(point.worst),
            point.voices,
            point.overruns
        ),
    };
    ui.label(text);
    for (module, part) in entry.modules().into_iter().enumerate() {
        if part > 0.0 {
            let text = format!("{} {}", Module::name_at(module), percent(part));
            ui.colored_label(module_colour(module, colours), text);
        }
    }
}

/// Vertical scale, from a fraction of the deadline to a height.
struct Scale {
    plot: Rect,
    top: f32,
}

impl Scale {
    /// Makes a scale that fits the means; worst blocks may lie beyond. The top has fixed steps, so that it seldom
    /// changes.
    fn over(plot: Rect, entries: &[HistoryEntry]) -> Self {
        const TOPS: [f32; 9] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
        let highest = entries.iter().map(HistoryEntry::load).fold(0.0, f32::max);
        let needed = highest * 1.25;
        let top = TOPS.into_iter().find(|top| *top >= needed).unwrap_or(10.0);
        Self { plot, top }
    }

    fn y(&self, part: f32) -> f32 {
        self.plot.bottom() - (part / self.top).clamp(0.0, 1.0) * self.plot.height()
    }

    fn grid(&self, painter: &Painter, colours: &Colours) {
        let font = FontId::proportional(10.5);
        for part in [0.0, 0.5, 1.0] {
            let y = self.y(part * self.top).round() + 0.5;
            painter.hline(self.plot.x_range(), y, Stroke::new(1.0, colours.trough));
            let text = format!("{} %", part * self.top * 100.0);
            let at = pos2(self.plot.left() - 6.0, y);
            painter.text(at, Align2::RIGHT_CENTER, text, font.clone(), colours.quiet);
        }
    }

    fn line(&self, painter: &Painter, part: f32, name: &str, colour: Color32) {
        if part > self.top {
            return;
        }
        let y = self.y(part).round() + 0.5;
        let ends = [pos2(self.plot.left(), y), pos2(self.plot.right(), y)];
        painter.extend(Shape::dashed_line(
            &ends,
            Stroke::new(1.0, colour),
            4.0,
            3.0,
        ));
        let at = pos2(self.plot.left() + 4.0, y - 1.0);
        let align = if part > self.top * 0.85 {
            Align2::LEFT_TOP
        } else {
            Align2::LEFT_BOTTOM
        };
        painter.text(at, align, name, FontId::proportional(10.5), colour);
    }
}
