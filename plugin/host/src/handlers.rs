//! The host's implementation of the CLAP functions that a plugin may call, split by thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::note_ports::{
    HostNotePorts, HostNotePortsImpl, NoteDialects, NotePortRescanFlags,
};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::remote_controls::{HostRemoteControls, HostRemoteControlsImpl};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::tail::{HostTail, HostTailImpl};
use clack_extensions::thread_check::{HostThreadCheck, HostThreadCheckImpl};
use clack_extensions::voice_info::{HostVoiceInfo, HostVoiceInfoImpl};
use clack_host::prelude::*;

use super::gui::GuiRequests;

/// Names the three handlers for clack.
pub(super) struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = AnyThread;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = AudioThread;

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Self::Shared<'_>) {
        builder
            .register::<HostAudioPorts>()
            .register::<HostGui>()
            .register::<HostLatency>()
            .register::<HostLog>()
            .register::<HostNotePorts>()
            .register::<HostParams>()
            .register::<HostRemoteControls>()
            .register::<HostState>()
            .register::<HostTail>()
            .register::<HostThreadCheck>()
            .register::<HostVoiceInfo>();
    }
}

thread_local! {
    /// True while this thread is inside an audio call. CLAP's audio thread is a role, not a
    /// fixed thread, and the offline renderer takes this role on its main thread.
    static IN_AUDIO_CALL: Cell<bool> = const { Cell::new(false) };
}

/// Guard that makes the calling thread the audio thread while it exists.
pub(super) struct AudioCall(());

impl AudioCall {
    /// Takes the role; audio calls must not nest.
    pub(super) fn enter() -> Self {
        IN_AUDIO_CALL.set(true);
        Self(())
    }
}

impl Drop for AudioCall {
    fn drop(&mut self) {
        IN_AUDIO_CALL.set(false);
    }
}

/// Functions that a plugin may call on any thread: requests that the main thread handles later.
pub(super) struct AnyThread {
    main: ThreadId,
    callback: AtomicBool,
    restart: AtomicBool,
    pub(super) window: GuiRequests,
}

impl AnyThread {
    /// Creates the handler of an instance whose main thread is the calling one.
    pub(super) fn new() -> Self {
        Self {
            main: thread::current().id(),
            callback: AtomicBool::new(false),
            restart: AtomicBool::new(false),
            window: GuiRequests::default(),
        }
    }

    // Both flags are requests and publish no data, so relaxed swaps are enough.

    /// Returns true if the plugin has requested a call on the main thread since the last call of this function.
    pub(super) fn take_callback(&self) -> bool {
        self.callback.swap(false, Ordering::Relaxed)
    }

    /// Returns true if the plugin has requested a reactivation since the last call of this function.
    pub(super) fn take_restart(&self) -> bool {
        self.restart.swap(false, Ordering::Relaxed)
    }
}

impl SharedHandler<'_> for AnyThread {
    fn request_restart(&self) {
        self.restart.store(true, Ordering::Relaxed);
    }

    fn request_callback(&self) {
        self.callback.store(true, Ordering::Relaxed);
    }

    // This host processes every block even while a plugin asks to sleep, so there is nothing to resume.
    fn request_process(&self) {}
}

impl HostThreadCheckImpl for AnyThread {
    fn is_main_thread(&self) -> bool {
        thread::current().id() == self.main && !IN_AUDIO_CALL.get()
    }

    fn is_audio_thread(&self) -> bool {
        IN_AUDIO_CALL.get()
    }
}

impl HostLogImpl for AnyThread {
    fn log(&self, severity: LogSeverity, message: &str) {
        if severity >= LogSeverity::Warning {
            eprintln!("{severity}: {message}");
        }
    }
}

impl HostParamsImplShared for AnyThread {
    // Changes that the plugin makes to parameters come out of the next block.
    fn request_flush(&self) {}
}

impl HostGuiImpl for AnyThread {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, new_size: GuiSize) -> Result<(), HostError> {
        self.window.resize(new_size);
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {
        self.window.close();
    }
}

/// Functions that a plugin may call on the main thread. Most of them announce changes of lists that
/// [`super::Instance`] reads anew each time it needs them.
#[derive(Default)]
pub(super) struct MainThread {
    dirty: Cell<bool>,
}

impl MainThread {
    /// Returns true if the plugin has reported a change of its state since the last call of this function.
    pub(super) fn take_dirty(&self) -> bool {
        self.dirty.take()
    }
}

impl MainThreadHandler<'_> for MainThread {}

impl HostParamsImplMainThread for MainThread {
    fn rescan(&self, _flags: ParamRescanFlags) {}
    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {
        self.dirty.set(true);
    }
}

impl HostLatencyImpl for MainThread {
    fn changed(&self) {}
}

impl HostVoiceInfoImpl for MainThread {
    fn changed(&self) {}
}

impl HostRemoteControlsImpl for MainThread {
    fn changed(&self) {}
    fn suggest_page(&self, _page_id: ClapId) {}
}

impl HostAudioPortsImpl for MainThread {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        false
    }
    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

impl HostNotePortsImpl for MainThread {
    fn supported_dialects(&self) -> NoteDialects {
        NoteDialects::CLAP | NoteDialects::MIDI
    }
    fn rescan(&self, _flags: NotePortRescanFlags) {}
}

/// Functions that a plugin may call on the audio thread.
pub(super) struct AudioThread;

impl AudioProcessorHandler<'_> for AudioThread {}

impl HostTailImpl for AudioThread {
    // This host plays until it is stopped, regardless of the tail.
    fn changed(&mut self) {}
}
