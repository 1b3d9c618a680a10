//! Raw VST3 host that makes arbitrary calls to the plugin, and checks that the memory around every buffer stays
//! unchanged.

#![allow(
    clippy::unnecessary_cast,
    reason = "the enumerations of VST3 are signed on Windows and unsigned elsewhere"
)]
#![allow(clippy::new_ret_no_self, reason = "a plugin needs counted objects")]

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::OnceLock;

use libloading::Library;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComWrapper, Interface};

use crate::bundles;

/// Category of the plugin's audio class, which hosts compare as a string.
const AUDIO_CLASS: &str = "Audio Module Class";
/// Value that no plugin writes, placed on both sides of every channel.
const CANARY: f32 = -123.456;
const CANARIES: usize = 64;

/// Returns the factory of the bundled VST3, loaded once and never unloaded, as in most hosts.
///
/// # Panics
/// When the bundle cannot be loaded or has no factory.
pub fn factory() -> ComPtr<IPluginFactory3> {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let path = bundles::vst3_library();
        // SAFETY: the bundle is Tidepool's own; its initializers are only those of C++.
        let library = unsafe { Library::new(&path) }
            .unwrap_or_else(|error| panic!("{} does not load: {error}", path.display()));
        #[cfg(target_os = "linux")]
        // SAFETY: VST3 defines name and type of the function, and that it is called once with the module.
        unsafe {
            let entry = library.get::<unsafe extern "C" fn(*mut c_void) -> bool>(b"ModuleEntry");
            let module = ptr::dangling_mut();
            assert!(entry.expect("there is a ModuleEntry")(module));
        }
        library
    });
    // SAFETY: VST3 defines name and type of the function, and that the factory is returned with a reference.
    unsafe {
        let get =
            library.get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory");
        let factory = get.expect("there is a GetPluginFactory")();
        let factory = ComPtr::from_raw(factory).expect("there is a factory");
        factory.cast().expect("the factory knows Unicode")
    }
}

/// Returns the id of the plugin's audio class.
pub fn class(factory: &ComPtr<IPluginFactory3>) -> TUID {
    // SAFETY: the factory fills the information of each class that it counts.
    unsafe {
        let found = (0..factory.countClasses()).find_map(|index| {
            let mut info = std::mem::zeroed::<PClassInfo>();
            assert_eq!(factory.getClassInfo(index, &mut info), kResultOk);
            (latin(&info.category) == AUDIO_CLASS).then_some(info.cid)
        });
        found.expect("there is a class for audio")
    }
}

/// Converts a zero-terminated string of single bytes.
pub fn latin(text: &[std::ffi::c_char]) -> String {
    let bytes = text.iter().map(|&byte| byte as u8);
    bytes
        .take_while(|&byte| byte != 0)
        .map(char::from)
        .collect()
}

/// Converts a zero-terminated string of UTF-16.
pub fn wide(text: &[TChar]) -> String {
    let units: Vec<u16> = text
        .iter()
        .map(|&unit| unit as u16)
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

/// Instance of the plugin.
pub struct Plugin {
    /// Interface for buses and states.
    pub component: ComPtr<IComponent>,
    /// Interface for processing.
    pub processor: ComPtr<IAudioProcessor>,
    /// Interface for parameters.
    pub controller: ComPtr<IEditController>,
}

impl Plugin {
    /// Creates an instance without initializing it.
    ///
    /// # Panics
    /// When the plugin cannot be created.
    pub fn created() -> Self {
        let factory = factory();
        let class = class(&factory);
        let mut object = ptr::null_mut();
        // SAFETY: both ids have 16 bytes, and the output pointer refers to a local variable.
        let component = unsafe {
            let interface = IComponent::IID;
            let result =
                factory.createInstance(class.as_ptr(), interface.as_ptr().cast(), &mut object);
            assert_eq!(result, kResultOk);
            ComPtr::from_raw(object.cast::<IComponent>()).expect("there is an object")
        };
        Self {
            processor: component.cast().expect("it plays"),
            controller: component.cast().expect("it has parameters"),
            component,
        }
    }

    /// Creates an instance and initializes it with a null host context.
    pub fn initialized() -> Self {
        let plugin = Self::created();
        // SAFETY: null stands for a host without a context.
        let result = unsafe { plugin.component.initialize(ptr::null_mut()) };
        assert_eq!(result, kResultOk);
        plugin
    }

    /// Creates an instance that processes blocks of up to `longest` samples at 48 kHz.
    pub fn playing(longest: i32) -> Self {
        let plugin = Self::initialized();
        plugin.start(48_000.0, longest);
        plugin
    }

    /// Activates the plugin and starts processing.
    ///
    /// # Panics
    /// When a call fails.
    pub fn start(&self, rate: f64, longest: i32) {
        assert_eq!(self.set_up(rate, longest), kResultOk);
        // SAFETY: the component is initialized.
        unsafe {
            assert_eq!(self.component.setActive(1), kResultOk);
            assert_eq!(self.processor.setProcessing(1), kResultOk);
        }
    }

    /// Calls `setupProcessing` with a sample rate and a maximum block length.
    pub fn set_up(&self, rate: f64, longest: i32) -> tresult {
        let mut setup = ProcessSetup {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: longest,
            sampleRate: rate,
        };
        // SAFETY: the setup outlives the call.
        unsafe { self.processor.setupProcessing(&mut setup) }
    }

    /// Returns all parameters in the order of the controller's list.
    ///
    /// # Panics
    /// When the controller does not describe a parameter that it counts.
    pub fn parameters(&self) -> Vec<ParameterInfo> {
        // SAFETY: the component is initialized, and each output pointer refers to a local variable.
        unsafe {
            (0..self.controller.getParameterCount())
                .map(|index| {
                    let mut info = std::mem::zeroed();
                    assert_eq!(
                        self.controller.getParameterInfo(index, &mut info),
                        kResultOk
                    );
                    info
                })
                .collect()
        }
    }

    /// Returns the parameter with this title.
    ///
    /// # Panics
    /// When there is none.
    pub fn parameter(&self, title: &str) -> ParameterInfo {
        let found = self
            .parameters()
            .into_iter()
            .find(|info| wide(&info.title) == title);
        found.unwrap_or_else(|| panic!("there is no `{title}`"))
    }

    /// Returns the parameter that a MIDI controller is assigned to, if any.
    pub fn assignment(&self, channel: i16, controller: i16) -> Option<ParamID> {
        let mapping: ComPtr<IMidiMapping> = self.component.cast().expect("it has MIDI");
        let mut id = 0;
        // SAFETY: the output pointer refers to a local variable.
        let result =
            unsafe { mapping.getMidiControllerAssignment(0, channel, controller, &mut id) };
        (result == kResultOk).then_some(id)
    }

    /// Returns the normalized value of a parameter from the controller.
    pub fn value(&self, id: ParamID) -> f64 {
        // SAFETY: every id is allowed.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// Sets a normalized value on the controller only.
    pub fn set(&self, id: ParamID, value: f64) -> tresult {
        // SAFETY: every id and value is allowed.
        unsafe { self.controller.setParamNormalized(id, value) }
    }

    /// Returns the component's state.
    ///
    /// # Panics
    /// When saving fails.
    pub fn state(&self) -> Vec<u8> {
        self.try_state().expect("a state is saved")
    }

    /// Returns the component's state, or `None` if saving fails.
    pub fn try_state(&self) -> Option<Vec<u8>> {
        let stream = Stream::new(Vec::new(), i32::MAX);
        // SAFETY: the stream outlives the call.
        let result = unsafe { self.component.getState(stream.pointer().as_ptr()) };
        (result == kResultOk).then(|| stream.bytes.take())
    }

    /// Loads a state from a stream that returns at most `step` bytes at a time.
    pub fn load(&self, state: &[u8], step: i32) -> tresult {
        let stream = Stream::new(state.to_vec(), step);
        // SAFETY: the stream outlives the call.
        unsafe { self.component.setState(stream.pointer().as_ptr()) }
    }

    /// Passes a state of the component to the controller.
    pub fn show(&self, state: &[u8]) -> tresult {
        let stream = Stream::new(state.to_vec(), i32::MAX);
        // SAFETY: the stream outlives the call.
        unsafe { self.controller.setComponentState(stream.pointer().as_ptr()) }
    }

    /// Plays `block` into stereo buffers between canaries; returns the result and both channels.
    ///
    /// # Panics
    /// When the plugin writes outside of the buffers.
    pub fn play(&self, block: &Block) -> (tresult, [Vec<f32>; 2]) {
        let mut channels = [Channel::new(block.samples), Channel::new(block.samples)];
        let mut side = [Channel::new(block.samples), Channel::new(block.samples)];
        for channel in &mut side {
            channel.samples_mut().fill(0.0);
        }
        let mut outputs = channels.each_mut().map(Channel::pointer);
        let mut inputs = side.each_mut().map(Channel::pointer);
        let (mut output, mut input) = (bus(&mut outputs), bus(&mut inputs));
        let result = self.process(block, |data| {
            data.numOutputs = 1;
            data.outputs = &mut output;
            data.numInputs = 1;
            data.inputs = &mut input;
        });
        for channel in side {
            assert!(channel.samples().iter().all(|sample| *sample == 0.0));
        }
        (result, channels.map(|channel| channel.samples().to_vec()))
    }

    /// Calls `process` with the events of `block` and no audio bus, after `change` has modified the data.
    pub fn process(&self, block: &Block, change: impl FnOnce(&mut ProcessData)) -> tresult {
        let queues = block
            .points
            .iter()
            .map(|(id, points)| Queue::new(*id, points))
            .collect();
        let changes = Changes::new(queues);
        let events = Events::new(block.events.clone());
        let mut data = ProcessData {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.samples,
            numInputs: 0,
            numOutputs: 0,
            inputs: ptr::null_mut(),
            outputs: ptr::null_mut(),
            inputParameterChanges: changes.as_ptr(),
            outputParameterChanges: ptr::null_mut(),
            inputEvents: events.as_ptr(),
            outputEvents: ptr::null_mut(),
            processContext: ptr::null_mut(),
        };
        change(&mut data);
        // SAFETY: the pointers in `data` are valid during the call, except where a test passes null or too short a
        // length on purpose.
        unsafe { self.processor.process(&mut data) }
    }
}

/// Returns two channels as a bus.
pub fn bus(channels: &mut [*mut f32; 2]) -> AudioBusBuffers {
    AudioBusBuffers {
        numChannels: 2,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 {
            channelBuffers32: channels.as_mut_ptr(),
        },
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // SAFETY: `terminate` is allowed in every state.
        unsafe { self.component.terminate() };
    }
}

/// Events and parameter changes of a block.
#[derive(Clone, Default)]
pub struct Block {
    /// Length in samples.
    pub samples: i32,
    /// Parameter queues: points with positions in samples and normalized values.
    pub points: Vec<(ParamID, Vec<(i32, f64)>)>,
    /// Note events.
    pub events: Vec<Event>,
}

impl Block {
    /// Returns an empty block of `samples` samples.
    pub fn new(samples: i32) -> Self {
        Self {
            samples,
            ..Self::default()
        }
    }

    /// Adds an event.
    #[must_use]
    pub fn at(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Adds a queue of points.
    #[must_use]
    pub fn points(mut self, id: ParamID, points: &[(i32, f64)]) -> Self {
        self.points.push((id, points.to_vec()));
        self
    }
}

/// Returns an event of type `kind` whose other fields are zero.
fn event(sample: i32, kind: Event_::EventTypes) -> Event {
    // SAFETY: an event consists of numbers and pointers, for which zero is valid.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = sample;
    event.r#type = kind as u16;
    event
}

/// Returns a note on on the first channel, with the key as note id.
pub fn on(sample: i32, key: i16) -> Event {
    let mut event = event(sample, Event_::EventTypes_::kNoteOnEvent);
    event.__field0.noteOn = NoteOnEvent {
        channel: 0,
        pitch: key,
        tuning: 0.0,
        velocity: 0.8,
        length: 0,
        noteId: key.into(),
    };
    event
}

/// Returns a note off.
pub fn off(sample: i32, key: i16) -> Event {
    let mut event = event(sample, Event_::EventTypes_::kNoteOffEvent);
    event.__field0.noteOff = NoteOffEvent {
        channel: 0,
        pitch: key,
        velocity: 0.0,
        noteId: key.into(),
        tuning: 0.0,
    };
    event
}

/// Returns a polyphonic pressure event.
pub fn pressure(sample: i32, key: i16, pressure: f32) -> Event {
    let mut event = event(sample, Event_::EventTypes_::kPolyPressureEvent);
    event.__field0.polyPressure = PolyPressureEvent {
        channel: 0,
        pitch: key,
        pressure,
        noteId: key.into(),
    };
    event
}

/// Samples between canaries.
pub struct Channel(Vec<f32>);

impl Channel {
    /// Allocates `samples` samples of NaN.
    pub fn new(samples: i32) -> Self {
        let samples = samples.max(0) as usize;
        let mut memory = vec![CANARY; samples + 2 * CANARIES];
        memory[CANARIES..][..samples].fill(f32::NAN);
        Self(memory)
    }

    /// Returns the address of the first sample.
    pub fn pointer(&mut self) -> *mut f32 {
        self.0[CANARIES..].as_mut_ptr()
    }

    /// Returns the samples for writing.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        let end = self.0.len() - CANARIES;
        &mut self.0[CANARIES..end]
    }

    /// Returns the samples.
    ///
    /// # Panics
    /// When a canary has changed.
    pub fn samples(&self) -> &[f32] {
        let (before, rest) = self.0.split_at(CANARIES);
        let (samples, after) = rest.split_at(rest.len() - CANARIES);
        let alive = before.iter().chain(after).all(|value| *value == CANARY);
        assert!(alive, "memory beside a buffer has been written to");
        samples
    }
}

/// Stream in memory.
pub struct Stream {
    bytes: RefCell<Vec<u8>>,
    place: Cell<usize>,
    step: i32,
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

/// Reference-counted [`Stream`] that can be passed to a plugin.
pub struct SharedStream(ComWrapper<Stream>);

impl std::ops::Deref for SharedStream {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.0
    }
}

impl SharedStream {
    /// Returns the contents.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes.borrow().clone()
    }

    /// Returns a counted pointer to the stream.
    pub fn pointer(&self) -> ComPtr<IBStream> {
        self.0.to_com_ptr().expect("a stream is one")
    }
}

impl Stream {
    /// Creates a stream with these bytes, of which one call transfers at most `step`.
    pub fn new(bytes: Vec<u8>, step: i32) -> SharedStream {
        SharedStream(ComWrapper::new(Self {
            bytes: RefCell::new(bytes),
            place: Cell::new(0),
            step,
        }))
    }
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = &bytes[self.place.get()..];
        let moved = rest.len().min(count.min(self.step).max(0) as usize);
        // SAFETY: the buffer has room for `count` bytes.
        unsafe {
            ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), moved);
            if !done.is_null() {
                *done = moved as i32;
            }
        }
        self.place.set(self.place.get() + moved);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let moved = count.min(self.step).max(0) as usize;
        // SAFETY: the buffer has `count` bytes.
        unsafe {
            let given = std::slice::from_raw_parts(buffer.cast::<u8>(), moved);
            self.bytes.borrow_mut().extend_from_slice(given);
            if !done.is_null() {
                *done = moved as i32;
            }
        }
        kResultOk
    }

    unsafe fn seek(&self, _: int64, _: int32, _: *mut int64) -> tresult {
        kNotImplemented
    }

    unsafe fn tell(&self, _: *mut int64) -> tresult {
        kNotImplemented
    }
}

/// Points of one parameter.
struct Queue {
    id: ParamID,
    points: Vec<(i32, f64)>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl Queue {
    fn new(id: ParamID, points: &[(i32, f64)]) -> ComPtr<IParamValueQueue> {
        let points = points.to_vec();
        ComWrapper::new(Self { id, points })
            .to_com_ptr()
            .expect("a queue is one")
    }
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.len() as i32
    }

    unsafe fn getPoint(&self, index: int32, sample: *mut int32, value: *mut ParamValue) -> tresult {
        let Some(point) = usize::try_from(index)
            .ok()
            .and_then(|index| self.points.get(index))
        else {
            return kResultFalse;
        };
        // SAFETY: the plugin provides both output pointers.
        unsafe { (*sample, *value) = *point };
        kResultOk
    }

    unsafe fn addPoint(&self, _: int32, _: ParamValue, _: *mut int32) -> tresult {
        kResultFalse
    }
}

struct Changes(Vec<ComPtr<IParamValueQueue>>);

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Changes {
    fn new(queues: Vec<ComPtr<IParamValueQueue>>) -> ComPtr<IParameterChanges> {
        ComWrapper::new(Self(queues))
            .to_com_ptr()
            .expect("changes are")
    }
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.0.len() as i32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let queue = usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(index));
        queue.map_or(ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
        ptr::null_mut()
    }
}

struct Events(Vec<Event>);

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl Events {
    fn new(events: Vec<Event>) -> ComPtr<IEventList> {
        ComWrapper::new(Self(events))
            .to_com_ptr()
            .expect("events are")
    }
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.0.len() as i32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let Some(found) = usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(index))
        else {
            return kResultFalse;
        };
        // SAFETY: the plugin provides the output pointer.
        unsafe { *event = *found };
        kResultOk
    }

    unsafe fn addEvent(&self, _: *mut Event) -> tresult {
        kResultFalse
    }
}

/// Converts a name to a C string.
///
/// # Panics
/// When the text contains a zero byte.
pub fn c_text(text: &str) -> CString {
    CString::new(text).expect("no zero inside")
}
