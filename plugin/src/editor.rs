//! The editor: panels that are functions of what they show, and the window that holds them.

mod controls;
mod levels;
mod load;
mod theme;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, Ui};
use nice_plug::context::gui::{GuiContext, ParamSetter};
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use tidepool_dsp::rt::{MeterReader, Reading};

use crate::listener::Listener;
use crate::params::TidepoolParams;
use theme::Theme;

/// The editor's type, as nice-plug wants to know it.
pub type TidepoolEditor = EguiEditor<App>;

/// Size of the window in logical pixels.
const SIZE: LogicalSize<f32> = LogicalSize {
    width: 820.0,
    height: 476.0,
};
/// Between the panels, and between them and the edge.
const GAP: i8 = 12;
/// Fast enough for meters, slow enough to be light.
const FRAME: Duration = Duration::from_millis(33);

/// The editor of one instance. `[gui]`
pub(crate) fn create(
    params: Arc<TidepoolParams>,
    reader: MeterReader,
    listener: Option<Listener>,
) -> Option<TidepoolEditor> {
    create_egui_editor(
        EguiEditorState::from_size(SIZE, 1.0),
        RepaintNotifier::default(),
        EguiNiceSettings::new().with_tile("Tidepool"),
        App {
            params,
            reader,
            listener,
            host: None,
            theme: Theme::Dark,
            broken: false,
        },
    )
}

/// What lives as long as the plugin, whether its window is open or not.
pub struct App {
    params: Arc<TidepoolParams>,
    reader: MeterReader,
    listener: Option<Listener>,
    host: Option<GuiContext>,
    theme: Theme,
    /// A panel panicked: the window stays, but is not drawn into again.
    broken: bool,
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        context: egui::Context,
        host: GuiContext,
        _frame: &mut nice_plug_egui::Frame,
    ) -> Result<(), HandlerError> {
        self.theme.apply(&context);
        self.host = Some(host);
        self.broken = false;
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut nice_plug_egui::Frame) {
        let Some(host) = self.host.clone().filter(|_| !self.broken) else {
            return;
        };
        let seen = Seen {
            reading: self.reader.read(),
            peaks: self.listener.as_ref().map_or([0.0; 2], Listener::peaks),
            tap_drops: (self.listener.as_ref())
                .map_or(0, |listener| listener.bridge().status().drops),
        };
        // A panic would end the host on some platforms.
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            show(
                ui,
                &self.params,
                &seen,
                &host.param_setter(),
                &mut self.theme,
            );
        }));
        self.broken = drawn.is_err();
        ui.ctx().request_repaint_after(FRAME);
    }
}

/// What the panels show, at one moment.
struct Seen {
    reading: Reading,
    /// Linear, left and right.
    peaks: [f32; 2],
    /// Chunks that the tap had no frame for.
    tap_drops: u64,
}

/// Draws the whole window.
fn show(
    ui: &mut Ui,
    params: &TidepoolParams,
    seen: &Seen,
    setter: &ParamSetter<'_>,
    theme: &mut Theme,
) {
    let colours = theme.colours();
    // The panels share one distance to the edge and to each other.
    let band = |margin| Frame::new().fill(colours.window).inner_margin(margin);
    Panel::top("header")
        .frame(band(Margin::same(GAP)))
        .show_separator_line(false)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(
                    RichText::new("Tidepool")
                        .size(22.0)
                        .strong()
                        .color(colours.accent),
                );
                ui.label(RichText::new(env!("CARGO_PKG_VERSION")).color(colours.quiet));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.button(theme.other().name()).clicked() {
                        *theme = theme.other();
                        theme.apply(ui.ctx());
                    }
                });
            });
        });
    Panel::bottom("load")
        .frame(band(Margin::same(GAP)))
        .show_separator_line(false)
        .show(ui, |ui| load::show(ui, seen, colours));
    Panel::right("levels")
        .frame(band(Margin {
            right: GAP,
            ..Margin::ZERO
        }))
        .show_separator_line(false)
        .resizable(false)
        .exact_size(levels::WIDTH)
        .show(ui, |ui| levels::show(ui, seen.peaks, colours));
    CentralPanel::default()
        .frame(band(Margin::symmetric(GAP, 0)))
        .show(ui, |ui| controls::show(ui, params, setter, colours));
}
