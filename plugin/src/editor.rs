//! The editor: panels that are functions of what they show, and the window that holds them.

mod controls;
mod engine;
mod header;
mod keyboard;
mod levels;
mod load;
mod outbox;
mod tab;
mod theme;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use egui::{CentralPanel, Frame, Id, Margin, Panel, Ui};
use nice_plug::context::gui::{GuiContext, ParamSetter};
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use tidepool_dsp::CommandSender;
use tidepool_dsp::rt::metrics::MetricsReader;

use crate::export::HostWaker;
use crate::listener::Listener;
use crate::observer::{Observer, Overview};
use crate::params::TidepoolParams;
use keyboard::Keyboard;
use outbox::Outbox;
use theme::{Colours, Theme};

/// The editor's type, as nice-plug wants to know it.
pub type TidepoolEditor = EguiEditor<App>;

/// Size of the window in logical pixels.
const SIZE: LogicalSize<f32> = LogicalSize {
    width: 820.0,
    height: 680.0,
};
/// Between the panels, and between them and the edge.
const GAP: i8 = 12;
/// Fast enough for meters, slow enough to be light.
const FRAME: Duration = Duration::from_millis(33);

/// The editor of one instance. `[gui]`
pub(crate) fn create(
    params: Arc<TidepoolParams>,
    observer: Observer,
    commands: Option<CommandSender>,
    waker: Option<HostWaker>,
) -> Option<TidepoolEditor> {
    create_egui_editor(
        EguiEditorState::from_size(SIZE, 1.0),
        RepaintNotifier::default(),
        EguiNiceSettings::new().with_tile("Tidepool"),
        App {
            params,
            observer,
            waker,
            overview: Overview::default(),
            looked: None,
            born: Instant::now(),
            change_rate: load::Rate::default(),
            hand: Arc::new(Mutex::new(Hand {
                keyboard: Keyboard::default(),
                outbox: Outbox::new(commands),
            })),
            host: None,
            theme: Theme::Dark,
            tab: Tab::Play,
            page: engine::Page::default(),
            broken: false,
        },
    )
}

/// Between two looks at the engine, which puts its figures up no more often.
const LOOK: Duration = Duration::from_millis(100);

/// Which page of the window is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    /// Parameters, keys and levels.
    Play,
    /// What it costs.
    Engine,
}

/// What lives as long as the plugin, whether its window is open or not.
pub struct App {
    params: Arc<TidepoolParams>,
    observer: Observer,
    waker: Option<HostWaker>,
    /// What was last seen of the engine, and when.
    overview: Overview,
    looked: Option<Duration>,
    /// The beginning of the editor's time.
    born: Instant,
    change_rate: load::Rate,
    hand: Arc<Mutex<Hand>>,
    host: Option<GuiContext>,
    theme: Theme,
    tab: Tab,
    page: engine::Page,
    /// A panel panicked: the window stays, but is not drawn into again.
    broken: bool,
}

/// What reaches for the engine's keys, and has to let go of them whatever happens to the window.
struct Hand {
    keyboard: Keyboard,
    outbox: Outbox,
}

impl Hand {
    fn let_go(&mut self) {
        self.keyboard.let_go(&mut self.outbox);
    }
}

/// Both ends of it are on the window's thread, but for the moment in which one window replaces another.
fn hold(hand: &Mutex<Hand>) -> MutexGuard<'_, Hand> {
    // After a panic, letting go is all that is still done with it.
    hand.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lives in the egui context of a window and goes with it: the one sign of closing that comes in every
/// case.
struct Closing(Arc<Mutex<Hand>>);

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
        self.theme.apply(&context);
        let closing = Arc::new(Closing(self.hand.clone()));
        context.data_mut(|data| data.insert_temp(Id::unique("closing"), closing));
        self.host = Some(host);
        self.broken = false;
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut nice_plug_egui::Frame) {
        let now = self.born.elapsed();
        if (self.looked).is_none_or(|looked| now.saturating_sub(looked) >= LOOK) {
            self.look();
            self.looked = Some(now);
        }
        let mut hand = hold(&self.hand);
        hand.outbox.tend(self.overview.last_block().number);
        ui.ctx().request_repaint_after(match self.tab {
            Tab::Play => FRAME,
            Tab::Engine => engine::FRAME,
        });
        let Some(host) = self.host.as_ref().filter(|_| !self.broken) else {
            hand.let_go();
            return;
        };
        let seen = Seen {
            change_rate: (self.change_rate).of(self.overview.live.totals.changes, now),
            peaks: self.observer.listener().map_or([0.0; 2], Listener::peaks),
            overview: &self.overview,
        };
        let mut means = Means {
            params: &self.params,
            setter: &host.param_setter(),
            metrics: self.observer.metrics(),
            now,
            theme: &mut self.theme,
            tab: &mut self.tab,
            page: &mut self.page,
            hand: &mut hand,
        };
        // A panic would end the host on some platforms.
        let drawn = catch_unwind(AssertUnwindSafe(|| show(ui, &seen, &mut means)));
        self.broken = drawn.is_err();
    }
}

impl App {
    fn look(&mut self) {
        let before = self.overview.last_block().number;
        self.overview = self.observer.look();
        // Hosts let a silent instrument sleep, but the keyboard and the figures want blocks.
        if self.overview.last_block().number == before
            && let Some(waker) = self.waker
        {
            waker.wake();
        }
    }
}

/// What the panels show, at one moment.
struct Seen<'a> {
    overview: &'a Overview,
    /// Changes a second.
    change_rate: f32,
    /// Linear, left and right.
    peaks: [f32; 2],
}

/// What the panels may do.
struct Means<'a> {
    params: &'a TidepoolParams,
    setter: &'a ParamSetter<'a>,
    metrics: &'a MetricsReader,
    /// On the editor's clock.
    now: Duration,
    theme: &'a mut Theme,
    tab: &'a mut Tab,
    page: &'a mut engine::Page,
    hand: &'a mut Hand,
}

/// Draws the whole window.
fn show(ui: &mut Ui, seen: &Seen<'_>, means: &mut Means<'_>) {
    let colours = means.theme.colours();
    panel(Panel::top("header"), Margin::same(GAP), colours)
        .show(ui, |ui| header::show(ui, seen, means));
    match means.tab {
        Tab::Play => show_play(ui, seen, means),
        Tab::Engine => {
            // Whoever leaves the keys' page leaves the keys.
            means.hand.let_go();
            show_engine(ui, seen, means);
        }
    }
}

/// The panels share one distance to the edge and to each other.
fn panel(panel: Panel, margin: Margin, colours: &Colours) -> Panel {
    let frame = Frame::new().fill(colours.window).inner_margin(margin);
    panel.frame(frame).show_separator_line(false)
}

fn show_play(ui: &mut Ui, seen: &Seen<'_>, means: &mut Means<'_>) {
    let colours = means.theme.colours();
    let below = Margin {
        top: 0,
        ..Margin::same(GAP)
    };
    panel(Panel::bottom("keyboard"), below, colours).show(ui, |ui| {
        let Hand { keyboard, outbox } = &mut *means.hand;
        keyboard::show(ui, keyboard, outbox, colours);
    });
    panel(Panel::bottom("load"), Margin::same(GAP), colours)
        .show(ui, |ui| load::show(ui, seen, colours));
    let beside = Margin {
        right: GAP,
        ..Margin::ZERO
    };
    panel(Panel::right("levels"), beside, colours)
        .resizable(false)
        .exact_size(levels::WIDTH)
        .show(ui, |ui| levels::show(ui, seen.peaks, colours));
    let around = Margin::symmetric(GAP, 0);
    CentralPanel::default()
        .frame(Frame::new().fill(colours.window).inner_margin(around))
        .show(ui, |ui| {
            controls::show(ui, means.params, means.setter, colours);
        });
}

fn show_engine(ui: &mut Ui, seen: &Seen<'_>, means: &mut Means<'_>) {
    let colours = means.theme.colours();
    let around = Margin {
        top: 0,
        ..Margin::same(GAP)
    };
    means.page.follow(means.now, || engine::View {
        overview: seen.overview.clone(),
        change_rate: seen.change_rate,
    });
    CentralPanel::default()
        .frame(Frame::new().fill(colours.window).inner_margin(around))
        .show(ui, |ui| {
            for wish in means.page.show(ui, means.metrics.line(), colours) {
                match wish {
                    engine::Wish::Reset => means.metrics.reset(),
                    engine::Wish::Line(line) => means.metrics.set_line(line),
                }
            }
        });
}
