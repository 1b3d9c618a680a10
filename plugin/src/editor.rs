//! The editor: panels that are functions of the state they show, and the window around them.

mod card;
mod change_rate;
mod compare;
mod controls;
mod edit_history;
mod engine;
mod envelope;
pub(crate) mod first_frame;
mod header;
mod host_keys;
mod key_use;
mod keyboard;
mod layout;
mod levels;
mod macro_name;
mod macros;
mod midi_learn;
mod midi_list;
mod origin;
mod outbox;
mod overload_baseline;
mod page_context;
mod pages;
mod painted_state;
mod plot;
mod preset_list;
mod presets;
mod scale;
mod screen;
mod sound;
mod status;
mod tab;
#[cfg(test)]
mod tests;
mod theme;
mod tuning;
mod vary;
mod watcher;
mod window;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use egui::{CentralPanel, Frame, Id, Margin, Panel, Rect, Ui, UiBuilder, Vec2, vec2};
use nice_plug::context::gui::{GuiContext, ParamSetter};
use nice_plug_egui::RepaintNotifier;
use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::rt::metrics::MetricsReader;
use tidepool_dsp::{CommandSender, Parameter};

use crate::catch::catch;
use crate::export::HostWaker;
use crate::fault::{self, FaultPoint};
use crate::params::TidepoolParams;
use crate::program;
use crate::settings;
use crate::telemetry::listener::Listener;
use crate::telemetry::snapshot_feed::FeedReader;
use crate::telemetry::{Observer, Overview};
use edit_history::EditHistory;
use edit_history::recorder::Recorder;
use key_use::KeyUse;
use keyboard::Keyboard;
use origin::Origin;
use outbox::Outbox;
use page_context::PageContext;
use pages::{Pages, Tab};
use painted_state::PaintedState;
use preset_list::PresetPlaces;
use presets::Browser;
use scale::Scale;
pub use scale::{WindowLimits, set_zoom, window_limits};
use sound::Instance;
use theme::{Colours, Theme};
use vary::Variations;
pub use window::TidepoolEditor;
use window::WindowState;

/// Room of the pages in points with which a window first opens.
const ROOM: Vec2 = vec2(1000.0, 720.0);
/// Gap between the panels, and between them and the edge of the window.
const GAP: i8 = 12;
/// Interval between frames while something moves: short enough for meters, long enough to be cheap.
const FRAME: Duration = Duration::from_millis(33);
/// Time after which a frame that was asked for and has not come shows that the window is hidden.
const HIDDEN: Duration = Duration::from_secs(1);

/// Creates the editor of one instance. `[gui]`
pub(crate) fn create(
    params: Arc<TidepoolParams>,
    observer: Observer,
    snapshot_feed: FeedReader,
    commands: Option<CommandSender>,
    waker: Option<HostWaker>,
) -> Option<TidepoolEditor> {
    let size = Arc::<WindowState>::default();
    let app = App {
        params,
        observer,
        snapshot_feed,
        monitor: ModulationSnapshot::default(),
        peaks: [0.0; 2],
        painted: PaintedState::default(),
        is_list_new: false,
        due: None,
        waker,
        overview: None,
        looked: None,
        born: Instant::now(),
        change_rate: change_rate::Rate::default(),
        session: Arc::new(Mutex::new(KeyboardSession {
            keyboard: Keyboard::default(),
            outbox: Outbox::new(commands),
        })),
        host: None,
        held: None,
        origin: Origin::default(),
        known_origin: Origin::default(),
        known_info: None,
        known_changes: 0,
        history: EditHistory::default(),
        variations: Variations::default(),
        theme: Theme::Dark,
        tab: None,
        pages: Pages::default(),
        engine: engine::Page::default(),
        browser: Browser::new(PresetPlaces::usual()),
        size: size.clone(),
        scale: Scale::new(1.0, ROOM),
        settling: None,
        broken: false,
    };
    Some(TidepoolEditor::new(app, size, RepaintNotifier::default()))
}

/// Time for which a window keeps its size before it is remembered.
const SETTLED: Duration = Duration::from_millis(500);
/// Interval between reads of the engine's figures, which are published no more often.
const LOOK: Duration = Duration::from_millis(100);

/// State of the editor; lives as long as the plugin, with the window open or closed.
pub struct App {
    params: Arc<TidepoolParams>,
    observer: Observer,
    snapshot_feed: FeedReader,
    /// Last snapshot that was read from the feed.
    monitor: ModulationSnapshot,
    /// Last output peaks, linear, left and right.
    peaks: [f32; 2],
    /// State at the last frame.
    painted: PaintedState,
    /// True if the list of presets has changed since the last frame.
    is_list_new: bool,
    /// Time since when a frame has been due.
    due: Option<Duration>,
    waker: Option<HostWaker>,
    /// Last overview of the engine, read at the time `looked`.
    overview: Option<Overview>,
    looked: Option<Duration>,
    /// Origin of the editor's clock.
    born: Instant,
    change_rate: change_rate::Rate,
    session: Arc<Mutex<KeyboardSession>>,
    host: Option<GuiContext>,
    /// Parameter that is in a gesture.
    held: Option<Parameter>,
    origin: Origin,
    /// Origin whose texts the state has, and their count; `None` before the first frame.
    known_origin: Origin,
    known_info: Option<u64>,
    /// Changes of the state beside parameters, of which the host has been told.
    known_changes: u64,
    history: EditHistory,
    variations: Variations,
    theme: Theme,
    /// Page of the window; `None` before the first one opens, with the page that the user saw last.
    tab: Option<Tab>,
    pages: Pages,
    engine: engine::Page,
    browser: Browser,
    size: Arc<WindowState>,
    scale: Scale,
    /// Last size of the window in points, and the time at which it changed, until it is remembered.
    settling: Option<(Vec2, Duration)>,
    /// True after a panic in a panel: the window stays, but is not drawn into again.
    broken: bool,
}

/// The on-screen keyboard and the commands it sent; its keys are released whatever happens to the window.
struct KeyboardSession {
    keyboard: Keyboard,
    outbox: Outbox,
}

impl KeyboardSession {
    fn let_go(&mut self) {
        self.keyboard.let_go(&mut self.outbox);
    }
}

/// Locks the session. Both holders are on the window's thread, except while one window replaces another.
#[expect(clippy::disallowed_methods, reason = "[gui]")]
fn hold(session: &Mutex<KeyboardSession>) -> MutexGuard<'_, KeyboardSession> {
    // After a panic, the session only serves to release the keys.
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Releases the keys, remembers the size and ends a variation in the making when it is dropped with the egui context of
/// a window, the only sign of closing that comes in every case.
struct Closing {
    session: Arc<Mutex<KeyboardSession>>,
    size: Arc<WindowState>,
    stop: Arc<AtomicBool>,
}

impl Drop for Closing {
    fn drop(&mut self) {
        hold(&self.session).let_go();
        self.size.remember();
        self.stop.store(true, Relaxed);
    }
}

impl App {
    /// Takes over a window that opens with `scale`.
    fn open(&mut self, context: &egui::Context, host: GuiContext, scale: Scale) {
        let opened = catch(false, || {
            fault::at(FaultPoint::BuildEditor);
            self.begin(context, host, scale);
            true
        });
        self.broken = !opened;
    }

    /// Draws a frame. A panic, which would end the host on some platforms, leaves the window empty.
    fn draw(&mut self, ui: &mut Ui) {
        self.broken |= !catch(false, || {
            self.frame(ui);
            true
        });
    }

    fn begin(&mut self, context: &egui::Context, host: GuiContext, scale: Scale) {
        let settings = settings::get();
        self.theme = Theme::named(&settings.theme).unwrap_or(Theme::Dark);
        let known = Tab::named(&settings.page).filter(|tab| tab.is_available());
        self.tab = self.tab.or(known);
        self.theme.apply(context);
        self.scale = scale;
        // The scale is chosen in the menu, which also changes the size of the window.
        context.options_mut(|options| options.zoom_with_keyboard = false);
        let closing = Arc::new(Closing {
            session: self.session.clone(),
            size: self.size.clone(),
            stop: self.variations.stop(),
        });
        context.data_mut(|data| data.insert_temp(Id::unique("closing"), closing));
        // The last window may have closed while a knob was held.
        if let Some(held) = self.held.take() {
            self.params.get(held).end(&host.param_setter());
        }
        self.history.close(self.born.elapsed());
        self.host = Some(host);
        self.due = None;
    }

    /// Returns true if the window shows something else than what there is. Called thirty times a second by the
    /// [`Watcher`](watcher::Watcher) of an open window.
    fn is_due(&mut self) -> bool {
        let now = self.born.elapsed();
        let is_hidden = (self.due).is_some_and(|due| now.saturating_sub(due) >= HIDDEN);
        // Nothing is read for a hidden window. What makes it visible again paints it.
        if is_hidden {
            return true;
        }
        let changed = catch(None, || Some(self.has_changed(now)));
        self.broken |= changed.is_none();
        let is_due = changed.unwrap_or(true);
        self.due = self.due.or(Some(now)).filter(|_| is_due);
        is_due
    }

    /// Returns the keys that the editor uses after a frame of `context`.
    fn key_use(&self, context: &egui::Context) -> KeyUse {
        let is_on = |tab| self.tab == Some(tab);
        let plays = !is_on(Tab::Engine) && hold(&self.session).keyboard.has_computer_keys();
        let has_window = is_on(Tab::Engine) && self.engine.has_window();
        // Escape closes a window, and stops learning.
        let can_escape = has_window || midi_learn::parameter(context).is_some();
        KeyUse::new(context, plays, is_on(Tab::Browser), can_escape)
    }

    /// Reads everything that is shown; returns true if it has changed since the last frame.
    fn has_changed(&mut self, now: Duration) -> bool {
        self.read(now);
        let figures_are_due = self.tab == Some(Tab::Engine) && self.engine.is_due(now);
        figures_are_due || self.is_list_new || self.state() != self.painted
    }

    /// Returns the state that a frame would show.
    fn state(&self) -> PaintedState {
        let tab = self.tab.unwrap_or(Tab::Play);
        let overview = self.overview.as_ref();
        let refused = hold(&self.session).outbox.refused();
        PaintedState::new(
            tab,
            &self.params,
            overview,
            refused,
            self.peaks,
            &self.monitor,
        )
    }

    /// Reads the figures of the engine and the list of presets, and sends the commands that wait.
    fn read(&mut self, now: Duration) {
        if (self.looked).is_none_or(|looked| now.saturating_sub(looked) >= LOOK) && !self.broken {
            self.read_overview();
            self.looked = Some(now);
        }
        let blocks = self.overview.get_or_insert_default().last_block().number;
        fault::at(FaultPoint::Tend);
        hold(&self.session).outbox.maintain(blocks);
        if let Some(monitor) = self.snapshot_feed.read() {
            self.monitor = *monitor;
        }
        self.peaks = (self.observer.listener()).map_or([0.0; 2], Listener::peaks);
        let is_visible = self.tab == Some(Tab::Browser);
        self.is_list_new |= self.browser.list.maintain(now, is_visible);
    }

    /// Draws one frame of the window.
    fn frame(&mut self, ui: &mut Ui) {
        let now = self.born.elapsed();
        let size = self.size.points();
        self.scale.follow(ui.ctx(), size, now);
        self.remember(ui.ctx(), size, now);
        self.read(now);
        self.painted = self.state();
        (self.is_list_new, self.due) = (false, None);
        let overview = self.overview.get_or_insert_default();
        let mut session = hold(&self.session);
        let mut tab = self.tab.unwrap_or(Tab::Play);
        let Some(host) = self.host.as_ref().filter(|_| !self.broken) else {
            session.let_go();
            return;
        };
        let state = UiState {
            change_rate: (self.change_rate).of(overview.live.totals.changes, now),
            peaks: self.peaks,
            unheard: program::registered().and_then(program::Program::unheard),
            notice: settings::notice(),
            scale: self.scale.applied(),
            overview,
            monitor: &self.monitor,
        };
        let info = &self.params.sound_info;
        if self.known_info != Some(info.count()) {
            // The host has loaded a state.
            self.known_info = Some(info.count());
            self.origin = Origin::find(info.get(), self.browser.list.folder());
            self.known_origin = self.origin.clone();
        }
        (self.browser).follow(&self.params.sound(), &mut self.origin, now);
        if let Some(time) = self.browser.is_due_after() {
            ui.ctx().request_repaint_after(time);
        }
        let before = (self.theme, tab);
        let mut chosen_scale = None;
        let mut actions = UiActions {
            params: &self.params,
            setter: &host.param_setter(),
            metrics: self.observer.metrics(),
            now,
            theme: &mut self.theme,
            tab: &mut tab,
            scale: &mut chosen_scale,
            pages: &mut self.pages,
            engine: &mut self.engine,
            browser: &mut self.browser,
            held: &mut self.held,
            origin: &mut self.origin,
            history: &mut self.history,
            variations: &mut self.variations,
            session: &mut session,
        };
        fault::at(FaultPoint::Paint);
        // A page always has the room that it needs; a window that is too small for it shows a part.
        let screen = ui.ctx().content_rect();
        let room = Rect::from_min_size(screen.min, screen.size().max(scale::LEAST));
        let room = UiBuilder::new().max_rect(room);
        ui.scope_builder(room, |ui| show(ui, &state, &mut actions));
        if let Some(percent) = chosen_scale {
            let bound = self.size.screen();
            (self.scale).choose(percent, ui.ctx(), size, bound, now);
            self.size.choose(self.scale.chosen());
        }
        self.tab = Some(tab);
        if self.known_origin != self.origin {
            self.known_origin = self.origin.clone();
            let info = self.origin.info();
            if info != self.params.sound_info.get() {
                self.known_info = Some(self.params.sound_info.replace(info));
            }
        }
        let changes = self.params.field_changes();
        if self.known_changes != changes {
            self.known_changes = changes;
            if let Some(waker) = self.waker {
                waker.call_main_thread();
            }
        }
        if (self.theme, tab) != before {
            settings::update(|settings| {
                settings.theme = self.theme.name().to_owned();
                settings.page = tab.name().to_owned();
            });
        }
    }

    /// Remembers the size of the window when it has stayed the same for a while.
    fn remember(&mut self, context: &egui::Context, size: Vec2, now: Duration) {
        if !self.size.has_changed() {
            return;
        }
        match self.settling {
            Some((last, since)) if last == size && now.saturating_sub(since) >= SETTLED => {
                self.settling = None;
                self.size.remember();
            }
            Some((last, _)) if last == size => context.request_repaint_after(SETTLED),
            _ => {
                self.settling = Some((size, now));
                context.request_repaint_after(SETTLED);
            }
        }
    }

    fn read_overview(&mut self) {
        fault::at(FaultPoint::Look);
        let overview = self.observer.read_overview();
        let before = self
            .overview
            .as_ref()
            .map_or(0, |before| before.last_block().number);
        // Hosts may suspend a silent instrument, but the keyboard and the figures need blocks.
        if overview.last_block().number == before
            && let Some(waker) = self.waker
        {
            waker.wake();
        }
        self.overview = Some(overview);
    }
}

/// State that the panels show in a frame.
struct UiState<'a> {
    overview: &'a Overview,
    /// Changes per second.
    change_rate: f32,
    /// Output peaks, linear, left and right.
    peaks: [f32; 2],
    /// Reason if no audio device plays the output of the program.
    unheard: Option<String>,
    /// Sentence about settings that could not be read or saved.
    notice: Option<String>,
    /// Scale of the window's contents.
    scale: f32,
    monitor: &'a ModulationSnapshot,
}

/// Actions of the panels in a frame, and the editor state that they change.
struct UiActions<'a> {
    params: &'a TidepoolParams,
    setter: &'a ParamSetter<'a>,
    metrics: &'a MetricsReader,
    /// Time on the editor's clock.
    now: Duration,
    theme: &'a mut Theme,
    tab: &'a mut Tab,
    /// Scale in percent that is chosen in this frame.
    scale: &'a mut Option<u32>,
    pages: &'a mut Pages,
    engine: &'a mut engine::Page,
    browser: &'a mut Browser,
    held: &'a mut Option<Parameter>,
    origin: &'a mut Origin,
    history: &'a mut EditHistory,
    variations: &'a mut Variations,
    session: &'a mut KeyboardSession,
}

impl UiActions<'_> {
    /// Calls `edit` with the browser, the pages and the sound, whose edits go into the history.
    fn edit<R>(
        &mut self,
        edit: impl FnOnce(&mut Browser, &mut Pages, &mut Recorder<'_>) -> R,
    ) -> R {
        let mut sound = Instance {
            params: self.params,
            setter: self.setter,
            outbox: &mut self.session.outbox,
            origin: self.origin,
            held: self.held,
        };
        let mut sound = Recorder {
            sound: &mut sound,
            history: self.history,
            now: self.now,
        };
        edit(self.browser, self.pages, &mut sound)
    }
}

/// Draws the whole window.
fn show(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    for direction in edit_history::controls::pressed(ui) {
        actions.edit(|_, _, sound| sound.go(direction));
    }
    actions.edit(|_, _, sound| midi_learn::follow(ui.ctx(), sound));
    panel(Panel::top("header"), Margin::same(GAP), colours)
        .exact_size(header::HEIGHT)
        .show(ui, |ui| header::show(ui, state, actions));
    if *actions.tab == Tab::Engine {
        // The engine page has no keyboard, so its keys are released.
        actions.session.let_go();
        show_engine(ui, state, actions);
    } else {
        show_sound(ui, state, actions);
    }
}

/// Gives `panel` the colour of the window and the given margin, without a separator.
fn panel(panel: Panel, margin: Margin, colours: &Colours) -> Panel {
    let frame = Frame::new().fill(colours.window).inner_margin(margin);
    panel.frame(frame).show_separator_line(false)
}

/// Draws a page of the sound above the keyboard.
fn show_sound(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    let tab = *actions.tab;
    let keys = keyboard::height(ui.max_rect().height());
    panel(Panel::bottom("keyboard"), BELOW, colours)
        .exact_size(keys + f32::from(BELOW.bottom))
        .show(ui, |ui| {
            let KeyboardSession { keyboard, outbox } = &mut *actions.session;
            keyboard::show(ui, keys, keyboard, outbox, state.monitor, colours);
        });
    if tab == Tab::Play {
        let beside = Margin {
            right: GAP,
            bottom: GAP,
            ..Margin::ZERO
        };
        panel(Panel::right("levels"), beside, colours)
            .resizable(false)
            .exact_size(levels::WIDTH)
            .show(ui, |ui| {
                levels::show(ui, state.peaks, &state.monitor.overloads, colours)
            });
    }
    let frame = Frame::new().fill(colours.window).inner_margin(BELOW);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let area = ui.max_rect();
        actions.edit(|browser, pages, sound| {
            let mut context = PageContext {
                browser,
                sound,
                monitor: state.monitor,
                colours,
            };
            pages.show(tab, ui, &mut context, area);
        });
    });
}

/// Margin of a panel below another one, which already keeps the distance at the top.
const BELOW: Margin = Margin {
    left: GAP,
    right: GAP,
    top: 0,
    bottom: GAP,
};

fn show_engine(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>) {
    let colours = actions.theme.colours();
    actions.engine.follow(actions.now, || engine::View {
        overview: state.overview.clone(),
        change_rate: state.change_rate,
    });
    CentralPanel::default()
        .frame(Frame::new().fill(colours.window).inner_margin(BELOW))
        .show(ui, |ui| {
            for action in actions.engine.show(ui, actions.metrics.budget(), colours) {
                match action {
                    engine::PageAction::Reset => actions.metrics.reset(),
                    engine::PageAction::Budget(line) => actions.metrics.set_budget(line),
                }
            }
        });
}
