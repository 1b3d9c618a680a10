//! The top of the window: who this is, what was refused, and what concerns everything at once.

use egui::{Align, Layout, RichText, Ui};
use tidepool_dsp::Patch;

use super::{Means, Seen, Tab, controls, tab};

/// Draws the name, the tabs and the buttons.
pub(super) fn show(ui: &mut Ui, seen: &Seen<'_>, means: &mut Means<'_>) {
    let colours = means.theme.colours();
    ui.horizontal(|ui| {
        let name = RichText::new("Tidepool").size(22.0).strong();
        ui.label(name.color(colours.accent));
        ui.label(RichText::new(env!("CARGO_PKG_VERSION")).color(colours.quiet));
        ui.add_space(GAP);
        tab::show(ui, means.tab, Tab::Play, "Play", colours);
        let alerts = seen.overview.alerts.len();
        let name = match alerts {
            0 => "Engine".to_owned(),
            n => format!("Engine ({n})"),
        };
        tab::show(ui, means.tab, Tab::Engine, &name, colours).on_hover_text(ENGINE);
        // From the right edge to the left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(means.theme.other().name()).clicked() {
                *means.theme = means.theme.other();
                means.theme.apply(ui.ctx());
            }
            ui.add_space(ui.spacing().item_spacing.x);
            let outbox = &mut means.hand.outbox;
            ui.add_enabled_ui(outbox.is_connected(), |ui| {
                let panic = ui.button("Panic");
                if panic.on_hover_text(PANIC).clicked() {
                    outbox.panic();
                }
                let init = ui.button("Init");
                if init.on_hover_text(INIT).clicked() {
                    controls::reset(means.params, means.setter);
                    // The engine takes the sound over as a whole instead of gliding there.
                    outbox.load(Patch::default());
                }
            });
            if outbox.refused() > 0 {
                ui.add_space(ui.spacing().item_spacing.x);
                let text = format!("Commands refused: {}", outbox.refused());
                let label = ui.label(RichText::new(text).color(colours.warning));
                label.on_hover_text(REFUSED);
            }
        });
    });
}

/// Between the name and the tabs.
const GAP: f32 = 16.0;

const ENGINE: &str = "What the sound costs, why a block was late, and where the memory is.";
const PANIC: &str = "Ends every note at once and puts every controller to rest.";
const INIT: &str = "Puts every parameter back to its default.";
const REFUSED: &str = "Keys and buttons that found the engine\u{2019}s queue full, as it is while the host plays no blocks.";
