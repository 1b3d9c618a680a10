//! The editor: panels that are functions of what they show, and the window that holds them.

mod card;
mod controls;
mod effects;
mod engine;
mod envelope;
mod filter;
mod fm;
mod header;
mod keyboard;
mod layout;
mod levels;
mod load;
mod macros;
mod modulation;
mod oscillators;
mod outbox;
mod overload_baseline;
mod page_context;
mod play;
mod plot;
mod presets;
mod sound;
mod tab;
#[cfg(test)]
mod tests;
mod theme;
mod tuning;
mod zoom;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use egui::{CentralPanel, Frame, Id, Margin, Panel, Ui};
use nice_plug::context::gui::{GuiContext, ParamSetter};
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::rt::metrics::MetricsReader;
use tidepool_dsp::{CommandSender, Parameter};

use crate::catch::catch;
use crate::export::HostWaker;
use crate::fault::{self, FaultPoint};
use crate::listener::Listener;
use crate::logging;
use crate::observer::{Observer, Overview};
use crate::params::TidepoolParams;
use crate::snapshot_feed::FeedReader;
use crate::tuning::library;
use keyboard::Keyboard;
use outbox::Outbox;
use overload_baseline::OverloadBaseline;
use page_context::PageContext;
use sound::Instance;
use theme::{Colours, Theme};
use tuning::Tuner;
pub use zoom::set_zoom;

/// The editor's type, as nice-plug wants to know it.
pub type TidepoolEditor = EguiEditor<App>;

/// Size of the window in logical pixels.
const SIZE: LogicalSize<f32> = LogicalSize {
    width: 1000.0,
    height: 720.0,
};
/// Between the panels, and between them and the edge.
const GAP: i8 = 12;
/// Fast enough for meters, slow enough to be light.
const FRAME: Duration = Duration::from_millis(33);

/// The editor of one instance. `[gui]`
pub(crate) fn create(
    params: Arc<TidepoolParams>,
    observer: Observer,
    snapshot_feed: FeedReader,
    commands: Option<CommandSender>,
    waker: Option<HostWaker>,
) -> Option<TidepoolEditor> {
    create_egui_editor(
        EguiEditorState::from_size(SIZE, zoom::zoom()),
        RepaintNotifier::default(),
        EguiNiceSettings::new().with_tile("Tidepool"),
        App {
            params,
            observer,
            snapshot_feed,
            monitor: ModulationSnapshot::default(),
            waker,
            overview: None,
            looked: None,
            born: Instant::now(),
            change_rate: load::Rate::default(),
            session: Arc::new(Mutex::new(KeyboardSession {
                keyboard: Keyboard::default(),
                outbox: Outbox::new(commands),
            })),
            host: None,
            held: None,
            theme: Theme::Dark,
            tab: Tab::Play,
            page: engine::Page::default(),
            browser: presets::Browser::default(),
            tuner: Tuner::new(library::usual_folder()),
            baseline: OverloadBaseline::default(),
            broken: false,
        },
    )
}

/// Between two looks at the engine, which puts its figures up no more often.
const LOOK: Duration = Duration::from_millis(100);

/// Which page of the window is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    /// What is played with.
    Play,
    /// Both of them, and the mixer.
    Oscillators,
    /// Operators.
    Fm,
    /// The filter and the envelopes.
    Filter,
    /// LFOs, matrix and macros.
    Modulation,
    /// Sends, output and meters.
    Effects,
    /// What it costs.
    Engine,
}

/// What lives as long as the plugin, whether its window is open or not.
pub struct App {
    params: Arc<TidepoolParams>,
    observer: Observer,
    snapshot_feed: FeedReader,
    /// What they showed last.
    monitor: ModulationSnapshot,
    waker: Option<HostWaker>,
    /// What was last seen of the engine, and when.
    overview: Option<Overview>,
    looked: Option<Duration>,
    /// The beginning of the editor's time.
    born: Instant,
    change_rate: load::Rate,
    session: Arc<Mutex<KeyboardSession>>,
    host: Option<GuiContext>,
    /// The parameter that is in a gesture.
    held: Option<Parameter>,
    theme: Theme,
    tab: Tab,
    page: engine::Page,
    browser: presets::Browser,
    tuner: Tuner,
    baseline: OverloadBaseline,
    /// A panel panicked: the window stays, but is not drawn into again.
    broken: bool,
}

/// What reaches for the engine's keys, and has to let go of them whatever happens to the window.
struct KeyboardSession {
    keyboard: Keyboard,
    outbox: Outbox,
}

impl KeyboardSession {
    fn let_go(&mut self) {
        self.keyboard.let_go(&mut self.outbox);
    }
}

/// Both ends of it are on the window's thread, but for the moment in which one window replaces another.
#[expect(clippy::disallowed_methods, reason = "[gui]")]
fn hold(session: &Mutex<KeyboardSession>) -> MutexGuard<'_, KeyboardSession> {
    // After a panic, letting go is all that is still done with it.
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lives in the egui context of a window and goes with it: the one sign of closing that comes in every
/// case.
struct Closing(Arc<Mutex<KeyboardSession>>);

impl Drop for Closing {
    fn drop(&mut self) {
        hold(&self.0).let_go();
    }
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        context: egui::Context,
        host: GuiContext,
        _frame: &mut nice_plug_egui::Frame,
    ) -> Result<(), HandlerError> {
        let built = catch(false, || {
            fault::at(FaultPoint::BuildEditor);
            self.begin(&context, host);
            true
        });
        self.broken = !built;
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut nice_plug_egui::Frame) {
        // A panic would end the host on some platforms.
        self.broken |= !catch(false, || {
            self.frame(ui);
            true
        });
    }
}

impl App {
    /// A window opens.
    fn begin(&mut self, context: &egui::Context, host: GuiContext) {
        self.theme.apply(context);
        let closing = Arc::new(Closing(self.session.clone()));
        context.data_mut(|data| data.insert_temp(Id::unique("closing"), closing));
        // The window may have gone while a knob was held.
        if let Some(held) = self.held.take() {
            self.params.get(held).end(&host.param_setter());
        }
        self.host = Some(host);
    }

    /// Draws the window anew.
    fn frame(&mut self, ui: &mut Ui) {
        let now = self.born.elapsed();
        if (self.looked).is_none_or(|looked| now.saturating_sub(looked) >= LOOK) && !self.broken {
            self.read_overview();
            self.looked = Some(now);
        }
        let overview = self.overview.get_or_insert_default();
        let mut session = hold(&self.session);
        fault::at(FaultPoint::Tend);
        session.outbox.maintain(overview.last_block().number);
        ui.ctx().request_repaint_after(match self.tab {
            Tab::Engine => engine::FRAME,
            _ => FRAME,
        });
        let Some(host) = self.host.as_ref().filter(|_| !self.broken) else {
            session.let_go();
            return;
        };
        if let Some(monitor) = self.snapshot_feed.read() {
            self.monitor = *monitor;
        }
        let state = UiState {
            change_rate: (self.change_rate).of(overview.live.totals.changes, now),
            peaks: self.observer.listener().map_or([0.0; 2], Listener::peaks),
            is_unheard: logging::is_unheard(),
            overview,
            monitor: &self.monitor,
        };
        self.browser.follow(&self.params.sound(), now);
        let mut actions = UiActions {
            params: &self.params,
            setter: &host.param_setter(),
            metrics: self.observer.metrics(),
            now,
            theme: &mut self.theme,
            tab: &mut self.tab,
            page: &mut self.page,
            browser: &mut self.browser,
            tuner: &mut self.tuner,
            baseline: &mut self.baseline,
            held: &mut self.held,
            session: &mut session,
        };
        fault::at(FaultPoint::Paint);
        show(ui, &state, &mut actions);
    }

    fn read_overview(&mut self) {
        fault::at(FaultPoint::Look);
        let overview = self.observer.read_overview();
        let before = self
            .overview
            .as_ref()
            .map_or(0, |before| before.last_block().number);
        // Hosts let a silent instrument sleep, but the keyboard and the figures want blocks.
        if overview.last_block().number == before
            && let Some(waker) = self.waker
        {
            waker.wake();
        }
        self.overview = Some(overview);
    }
}

/// What the panels show, at one moment.
struct UiState<'a> {
    overview: &'a Overview,
    /// Changes a second.
    change_rate: f32,
    /// Linear, left and right.
    peaks: [f32; 2],
    /// Nothing of it reaches an audio device.
    is_unheard: bool,
    monitor: &'a ModulationSnapshot,
}

/// What the panels may do.
struct UiActions<'a> {
    params: &'a TidepoolParams,
    setter: &'a ParamSetter<'a>,
    metrics: &'a MetricsReader,
    /// On the editor's clock.
    now: Duration,
    theme: &'a mut Theme,
    tab: &'a mut Tab,
    page: &'a mut engine::Page,
    browser: &'a mut presets::Browser,
    tuner: &'a mut Tuner,
    baseline: &'a mut OverloadBaseline,
    held: &'a mut Option<Parameter>,
    session: &'a mut KeyboardSession,
}

impl UiActions<'_> {
    fn browse(&mut self) -> (&mut presets::Browser, Instance<'_>) {
        let (browser, _, _, sound) = self.split();
        (browser, sound)
    }

    /// The sound, and who moves it or remembers something of it.
    fn split(
        &mut self,
    ) -> (
        &mut presets::Browser,
        &mut Tuner,
        &mut OverloadBaseline,
        Instance<'_>,
    ) {
        let sound = Instance {
            params: self.params,
            setter: self.setter,
            outbox: &mut self.session.outbox,
            held: self.held,
        };
        (self.browser, self.tuner, self.baseline, sound)
    }
}

/// Draws the whole window.
fn show(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    panel(Panel::top("header"), Margin::same(GAP), colours)
        .exact_size(header::HEIGHT)
        .show(ui, |ui| header::show(ui, state, actions));
    if *actions.tab == Tab::Engine {
        // Whoever leaves the keys leaves them alone.
        actions.session.let_go();
        show_engine(ui, state, actions);
    } else {
        show_sound(ui, state, actions);
    }
}

/// The panels share one distance to the edge and to each other.
fn panel(panel: Panel, margin: Margin, colours: &Colours) -> Panel {
    let frame = Frame::new().fill(colours.window).inner_margin(margin);
    panel.frame(frame).show_separator_line(false)
}

/// Every page of the sound, over the keys.
fn show_sound(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    let tab = *actions.tab;
    panel(Panel::bottom("keyboard"), BELOW, colours).show(ui, |ui| {
        let KeyboardSession { keyboard, outbox } = &mut *actions.session;
        keyboard::show(ui, keyboard, outbox, colours);
    });
    if tab == Tab::Play {
        panel(Panel::bottom("load"), BELOW, colours).show(ui, |ui| load::show(ui, state, colours));
        let beside = Margin {
            right: GAP,
            bottom: GAP,
            ..Margin::ZERO
        };
        panel(Panel::right("levels"), beside, colours)
            .resizable(false)
            .exact_size(levels::WIDTH)
            .show(ui, |ui| levels::show(ui, state.peaks, colours));
    }
    let frame = Frame::new().fill(colours.window).inner_margin(BELOW);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let (_, tuner, baseline, mut sound) = actions.split();
        let mut page = PageContext {
            sound: &mut sound,
            monitor: state.monitor,
            baseline,
            tuner,
            colours,
        };
        show_page(ui, &mut page, tab);
    });
}

/// What is between the header and the keys.
fn show_page(ui: &mut Ui, page: &mut PageContext<'_>, tab: Tab) {
    let area = ui.max_rect();
    match tab {
        Tab::Play => play::show(ui, page, area),
        Tab::Oscillators => oscillators::show(ui, page, area),
        Tab::Fm => fm::show(ui, page, area),
        Tab::Filter => filter::show_page(ui, page, area),
        Tab::Modulation => modulation::show(ui, page, area),
        Tab::Effects => effects::show(ui, page, area),
        Tab::Engine => {}
    }
}

/// What is above a panel keeps its distance to it.
const BELOW: Margin = Margin {
    left: GAP,
    right: GAP,
    top: 0,
    bottom: GAP,
};

fn show_engine(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    actions.page.follow(actions.now, || engine::View {
        overview: state.overview.clone(),
        change_rate: state.change_rate,
    });
    CentralPanel::default()
        .frame(Frame::new().fill(colours.window).inner_margin(BELOW))
        .show(ui, |ui| {
            for action in actions.page.show(ui, actions.metrics.budget(), colours) {
                match action {
                    engine::PageAction::Reset => actions.metrics.reset(),
                    engine::PageAction::Budget(line) => actions.metrics.set_budget(line),
                }
            }
        });
}
