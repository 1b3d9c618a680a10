//! The window as nice-plug's editor: it opens with the size that the user saw last, within the screen, and reports the
//! size that it really has.
//!
//! nice-plug-egui keeps a size of its own, but knows the scale of the contents only after the first change of size, and
//! takes a size once per instance, not per opening. So each opening gets a new editor of that library.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use egui::{Context, Ui, Vec2, vec2};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, PhysicalSize};
use nice_plug::editor::{Editor, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor};
use nice_plug_egui::baseview::{HandlerError, WindowSize, WindowWaker};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};

use super::host_keys::HostKeys;
use super::scale::{self, bounded};
use super::screen::{self, Screen};
use super::watcher::Watcher;
use super::{App, FRAME};
use crate::settings::{self, Settings};

/// Interval at which the library looks for requests of frames, which the [`Watcher`] makes in another way. A request before
/// the window is shown leaves it empty for ever, because baseview 0.4.2 then waits for an answer that the server has
/// already given.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Editor of an instance; opens windows of the same [`App`]. `[gui]`
pub struct TidepoolEditor {
    app: Arc<Mutex<App>>,
    size: Arc<WindowState>,
    repaint: RepaintNotifier,
}

/// Size and scale of the window, as its thread and the host's main thread see them.
#[derive(Debug, Default)]
pub struct WindowState(Mutex<Measures>);

#[derive(Clone, Copy, Debug, Default)]
struct Measures {
    /// Size in pixels, once a window has opened.
    pixels: Option<PhysicalSize<u32>>,
    /// Pixels per point at the scale of 100 %.
    factor: f64,
    /// Scale that the user has chosen.
    chosen: f32,
    screen: Option<Screen>,
    /// True if size or scale differ from the remembered ones.
    changed: bool,
}

impl WindowState {
    /// Locks the state for the time of a copy. Only the window's and the host's main thread do.
    #[expect(clippy::disallowed_methods, reason = "[gui]")]
    fn lock(&self) -> MutexGuard<'_, Measures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resized(&self, pixels: PhysicalSize<u32>) {
        let mut measures = self.lock();
        measures.changed |= measures.pixels != Some(pixels);
        measures.pixels = Some(pixels);
    }

    /// Returns the size of the window in points at 100 %.
    pub fn points(&self) -> Vec2 {
        let measures = *self.lock();
        let pixels = measures.pixels.unwrap_or_default();
        let size = pixels.to_logical::<f32>(measures.factor.max(0.1));
        vec2(size.width, size.height)
    }

    /// Returns the size of the screen in points at 100 %, if it is known.
    pub fn screen(&self) -> Option<Vec2> {
        let measures = *self.lock();
        let screen = measures.screen?;
        Some(screen.pixels / measures.factor.max(0.1) as f32)
    }

    /// Sets the scale that the user has chosen.
    pub fn choose(&self, chosen: f32) {
        let mut measures = self.lock();
        measures.changed |= measures.chosen != chosen;
        measures.chosen = chosen;
    }

    /// Returns true if the size or the scale has to be [remembered](Self::remember).
    pub fn has_changed(&self) -> bool {
        self.lock().changed
    }

    /// Writes size and scale to the user's settings if they have changed. `[gui]`
    pub fn remember(&self) {
        let measures = {
            let mut measures = self.lock();
            if !std::mem::take(&mut measures.changed) {
                return;
            }
            *measures
        };
        let size = self.points() / measures.chosen;
        settings::update(|settings| {
            // A scale from the command line is that of one window.
            if scale::fixed().is_none() {
                settings.zoom = (measures.chosen * 100.0).round() as u32;
            }
            settings.width = size.x.round() as u32;
            settings.height = size.y.round() as u32;
        });
    }
}

/// Size and scale with which a window opens.
struct Opening {
    chosen: f32,
    /// Size in points at 100 %.
    size: Vec2,
    screen: Option<Screen>,
    factor: f64,
}

impl Opening {
    /// Returns the size and scale in `settings`, within `screen`. `factor` is the host's number of pixels per point.
    fn new(settings: &Settings, screen: Option<Screen>, factor: Option<f64>) -> Self {
        let chosen = scale::fixed().unwrap_or(settings.zoom.clamp(75, 300) as f32 / 100.0);
        let system = screen.and_then(|screen| screen.scale).map(f64::from);
        let factor = system.or(factor).unwrap_or(1.0);
        let bound = screen.map(|screen| screen.pixels / factor as f32);
        let size = vec2(settings.width as f32, settings.height as f32) * chosen;
        Self {
            chosen,
            size: bounded(size, bound),
            screen,
            factor,
        }
    }
}

impl TidepoolEditor {
    pub(super) fn new(app: App, size: Arc<WindowState>, repaint: RepaintNotifier) -> Self {
        Self {
            app: Arc::new(Mutex::new(app)),
            size,
            repaint,
        }
    }
}

impl Editor for TidepoolEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let settings = settings::reload();
        let opening = Opening::new(&settings, screen::largest(), fallback_scale_factor);
        let scale = scale::Scale::new(opening.chosen, opening.size);
        let points = opening.size / scale.applied();
        *self.size.lock() = Measures {
            pixels: None,
            factor: opening.factor,
            chosen: opening.chosen,
            screen: opening.screen,
            changed: false,
        };
        let shell = Shell {
            app: self.app.clone(),
            size: self.size.clone(),
            scale: Some(scale),
            watcher: None,
            keys: None,
            is_embedded: parent.is_some() || wait_for_parent,
        };
        let zoom = shell.scale.as_ref().map_or(1.0, scale::Scale::applied);
        let size = LogicalSize::new(points.x, points.y);
        let editor = create_egui_editor(
            EguiEditorState::from_size(size, zoom),
            self.repaint.clone(),
            EguiNiceSettings::new()
                .with_tile("Tidepool")
                .with_repaint_poll_interval(NEVER)
                .with_resize_hint(self.resize_hint()),
            shell,
        )
        .ok_or("the editor cannot be created")?;
        editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )
    }

    fn size(&self) -> NativeSize<u32> {
        let measures = *self.size.lock();
        if let Some(pixels) = measures.pixels {
            return NativeSize::from_size(pixels.into(), measures.factor);
        }
        // Some hosts ask before they open the window.
        let opening = Opening::new(&settings::get(), None, None);
        let size = LogicalSize::new(opening.size.x, opening.size.y);
        NativeSize::from_size(size.into(), 1.0)
    }

    fn resize_hint(&self) -> ResizeHint {
        let size = |size: Vec2| Some(LogicalSize::new(size.x, size.y));
        ResizeHint::resizable()
            .with_min_max_logical_size(size(scale::smallest()), size(scale::LARGEST))
    }
}

/// Window of [`App`], for the library that draws it.
struct Shell {
    app: Arc<Mutex<App>>,
    size: Arc<WindowState>,
    /// Scale of the window, until the app takes it.
    scale: Option<scale::Scale>,
    /// Decides when a frame is due, while the window is open.
    watcher: Option<Watcher>,
    keys: Option<HostKeys>,
    /// True if the window is inside a host's.
    is_embedded: bool,
}

impl Shell {
    #[expect(clippy::disallowed_methods, reason = "[gui]")]
    fn app(&self) -> MutexGuard<'_, App> {
        self.app.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the watcher of a window that has been shown.
    fn watch(&self, window: WindowWaker) -> Option<Watcher> {
        let app = self.app.clone();
        // While a frame is drawn, none is due.
        let is_due = move || app.try_lock().is_ok_and(|mut app| app.is_due());
        Watcher::start(FRAME, is_due, window)
    }

    /// Takes over the size of the window.
    fn measure(&self, frame: &nice_plug_egui::Frame) {
        let WindowSize {
            physical,
            scale_factor,
            ..
        } = frame.baseview_window().size();
        let mut measures = self.size.lock();
        let opens = measures.pixels.is_none();
        measures.changed |= !opens && measures.pixels != Some(physical);
        measures.pixels = Some(physical);
        measures.factor = scale_factor;
    }
}

impl NiceEguiApp for Shell {
    fn build(
        &mut self,
        context: Context,
        host: GuiContext,
        frame: &mut nice_plug_egui::Frame,
    ) -> Result<(), HandlerError> {
        self.measure(frame);
        if let Some(scale) = self.scale.take() {
            self.app().open(&context, host, scale);
        }
        self.keys = HostKeys::open(frame.baseview_window(), self.is_embedded);
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut nice_plug_egui::Frame) {
        self.measure(frame);
        if let Some(keys) = &mut self.keys {
            ui.input_mut(|input| keys.begin(&mut input.events));
        }
        let uses = {
            let mut app = self.app();
            app.draw(ui);
            app.key_use(ui.ctx())
        };
        if let Some(keys) = &mut self.keys {
            keys.end(uses);
        }
        self.watcher =
            (self.watcher.take()).or_else(|| self.watch(frame.baseview_window().waker()));
        if self.watcher.is_none() {
            ui.ctx().request_repaint_after(FRAME);
        }
    }

    fn resized(&mut self, size: WindowSize) {
        self.size.resized(size.physical);
    }
}
