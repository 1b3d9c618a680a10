//! The window's header: name and version, preset browser, undo, comparison, variations, warnings, global buttons, and tabs.

use egui::{Align, Layout, RichText, Sense, Ui, UiBuilder};

use super::edit_history::controls;
use super::pages::Tab;
use super::{UiActions, UiState, compare, layout, presets, status, tab, vary};
use crate::settings;
use crate::telemetry::{Alert, Level};

/// Height of the header, with its margins.
pub(super) const HEIGHT: f32 = 82.0;
const FIRST: f32 = 28.0;
const SECOND: f32 = 22.0;
/// Widths of the name, of the preset browser, and of the buttons at the right edge.
const NAME: f32 = 150.0;
const PRESET: f32 = 330.0;
const LEAST_PRESET: f32 = 150.0;
const BUTTONS: f32 = 160.0;
/// Gap between the parts of the first line.
const GAP: f32 = 12.0;

/// Draws the header.
pub(super) fn show(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    let mut area = ui.max_rect();
    let mut first = layout::top(&mut area, FIRST, 8.0);
    let whole = first.width();
    let mut second = layout::top(&mut area, SECOND, 0.0);
    let status = layout::right(&mut second, status::WIDTH, 8.0);
    let left = Layout::left_to_right(Align::Center);
    let row = |area| UiBuilder::new().max_rect(area).layout(left);
    ui.scope_builder(row(layout::left(&mut first, NAME, 0.0)), |ui| {
        let name = RichText::new("Tidepool").size(22.0).strong();
        ui.label(name.color(colours.accent));
        ui.label(RichText::new(env!("CARGO_PKG_VERSION")).color(colours.quiet));
    });
    // In a small window the name of the preset makes room for warnings.
    let warnings = warnings(state, actions);
    let fixed = NAME + controls::WIDTH + compare::WIDTH + vary::WIDTH + 4.0 * GAP + BUTTONS;
    let free = whole - fixed - width(ui, &warnings);
    let preset = layout::left(&mut first, free.clamp(LEAST_PRESET, PRESET), GAP);
    let preset = preset.shrink2(egui::vec2(0.0, 1.0));
    actions.edit(|browser, _, sound| presets::show(ui, browser, sound, preset, colours));
    if actions.browser.request.is_some() {
        *actions.tab = Tab::Browser;
    }
    let steps = layout::left(&mut first, controls::WIDTH, GAP).shrink2(egui::vec2(0.0, 1.0));
    if let Some(direction) = controls::buttons(ui, actions.history, steps, colours) {
        actions.edit(|_, _, sound| sound.go(direction));
    }
    let sides = layout::left(&mut first, compare::WIDTH, GAP).shrink2(egui::vec2(0.0, 1.0));
    actions.edit(|browser, _, sound| compare::show(ui, browser, sound, sides, colours));
    let vary = layout::left(&mut first, vary::WIDTH, GAP).shrink2(egui::vec2(0.0, 1.0));
    let sound = actions.params.sound();
    if let Some(varied) = vary::show(ui, actions.variations, &sound, vary, colours) {
        actions.edit(|_, _, sound| varied.load(sound));
    }
    let right = Layout::right_to_left(Align::Center);
    let buttons = UiBuilder::new().max_rect(first).layout(right);
    ui.scope_builder(buttons, |ui| self::buttons(ui, warnings, actions));
    ui.scope_builder(row(second), |ui| tabs(ui, state, actions));
    status::show(ui, state, actions, status);
}

/// Draws the buttons and the warnings, from the right edge to the left.
fn buttons(ui: &mut Ui, warnings: Vec<Warning>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    if ui.button(actions.theme.other().name()).clicked() {
        *actions.theme = actions.theme.other();
        actions.theme.apply(ui.ctx());
    }
    ui.add_space(ui.spacing().item_spacing.x);
    let connected = actions.session.outbox.is_connected();
    ui.add_enabled_ui(connected, |ui| {
        let panic = ui.button("Panic");
        if panic.on_hover_text(PANIC).clicked() {
            actions.session.outbox.panic();
        }
        let init = ui.button("Init");
        if init.on_hover_text(INIT).clicked() {
            actions.edit(|_, _, sound| presets::load_initial(sound));
        }
    });
    for Warning { kind, text, hint } in warnings {
        ui.add_space(ui.spacing().item_spacing.x);
        let label = ui.label(RichText::new(text).color(colours.warning));
        let label = label.on_hover_text(hint);
        if kind != WarningKind::Refused && label.interact(Sense::click()).clicked() {
            match kind {
                WarningKind::Refused => {}
                WarningKind::NoAudio => *actions.tab = Tab::Program,
                WarningKind::Program => actions.params.program_change.set_notice(None),
                WarningKind::Settings => settings::dismiss_notice(),
            }
        }
    }
}

/// Subject of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WarningKind {
    Refused,
    NoAudio,
    Program,
    Settings,
}

/// Warning beside the buttons.
struct Warning {
    kind: WarningKind,
    text: String,
    hint: String,
}

/// Returns the warnings, from right to left.
fn warnings(state: &UiState<'_>, actions: &UiActions<'_>) -> Vec<Warning> {
    let refused = actions.session.outbox.refused();
    let refused = (refused > 0).then(|| Warning {
        kind: WarningKind::Refused,
        text: format!("Commands refused: {refused}"),
        hint: REFUSED.to_owned(),
    });
    let unheard = state.unheard.as_ref().map(|reason| Warning {
        kind: WarningKind::NoAudio,
        text: "No audio".to_owned(),
        hint: format!("{reason} {UNHEARD}").trim().to_owned(),
    });
    let notice = |kind, text: &str, notice: &str| Warning {
        kind,
        text: text.to_owned(),
        hint: format!("{notice}. Click to dismiss."),
    };
    let program = actions.params.program_change.get_notice();
    let program = program.map(|it| notice(WarningKind::Program, "Program", &it));
    let settings = state.notice.as_ref();
    let settings = settings.map(|it| notice(WarningKind::Settings, "Settings", it));
    [refused, unheard, program, settings]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns the width that the warnings take.
fn width(ui: &Ui, warnings: &[Warning]) -> f32 {
    let gaps = 3.0 * ui.spacing().item_spacing.x;
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = |warning: &Warning| {
        let colour = egui::Color32::WHITE;
        let galley = ui.painter();
        let galley = galley.layout_no_wrap(warning.text.clone(), font.clone(), colour);
        galley.size().x + gaps
    };
    warnings.iter().map(text).sum()
}

fn tabs(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    ui.spacing_mut().button_padding.x = 10.0;
    for (value, title) in Tab::OF_SOUND.iter().filter(|(tab, _)| tab.is_available()) {
        tab::show(ui, actions.tab, *value, title, colours);
    }
    let name = match urgent(&state.overview.alerts) {
        0 => "Engine".to_owned(),
        n => format!("Engine ({n})"),
    };
    tab::show(ui, actions.tab, Tab::Engine, &name, colours).on_hover_text(ENGINE);
}

/// Returns the number of warnings, which the tab shows on every page; other alerts can wait.
pub(super) fn urgent(alerts: &[Alert]) -> usize {
    let alerts = alerts.iter();
    alerts.filter(|alert| alert.level == Level::Warn).count()
}

const ENGINE: &str = "Processor load by module, late blocks and their causes, and memory. \
     The number counts the warnings.";
const PANIC: &str = "Ends every note at once and resets pedals, wheels and pressure.";
const INIT: &str = "Resets every parameter to its default.";
const UNHEARD: &str = "Click to choose a device.";
const REFUSED: &str = "Keys and buttons that had no effect because the engine\u{2019}s queue was full. It fills while the host plays no blocks.";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_tab_counts_warnings_alone() {
        let alert = |level| Alert {
            rule: "",
            level,
            text: String::new(),
            remedy: String::new(),
            lasts: Duration::ZERO,
        };
        let alerts = [Level::Warn, Level::Warn, Level::Info, Level::Debug].map(alert);
        assert_eq!((urgent(&alerts), urgent(&alerts[2..])), (2, 0));
    }
}
