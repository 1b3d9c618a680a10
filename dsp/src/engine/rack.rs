//! What comes behind the voices: chorus, delay and reverb on the two send buses, the drive of the output, and the meters that
//! watch for overloads. The effects run with the widest vectors that the processor has.

use super::automation::Automation;
use super::monitor::{Overload, Place};
use super::tail::Tail;
use crate::parameter::Parameter;
use crate::rt::{Channels, Ramp, Scope, TICK, Work, dispatch};
use crate::synth::effects::{
    Chorus, ChorusSettings, Delay, DelaySettings, Drive, DriveSettings, OverloadMeter, Reverb,
    ReverbSettings,
};

/// The longest echo in seconds; longer ones are halved until they fit.
const LONGEST_ECHO: f32 = 2.0;

/// `[audio]`, all but [`prepare`](Self::prepare).
#[derive(Debug)]
pub(super) struct Rack {
    chorus: Chorus,
    delay: Delay,
    reverb: Reverb,
    drive: Drive,
    meters: [OverloadMeter; Place::ALL.len()],
    /// The meters are read, and so they are fed.
    metered: bool,
    /// The voices' peaks in this tick so far, at the mixer and behind the filter.
    voices: [[f32; 2]; 2],
    knobs: Knobs,
    lines: Lines,
    /// Seconds between echoes, as they were last asked for.
    echo: f32,
    /// The rest of sounds that All Sound Off cut.
    tail: Tail,
    /// All Sound Off has come, and the next sample is the first one without the old sound.
    silenced: bool,
    /// All effects sleep, and they have not been aimed in this tick.
    stale: bool,
}

/// What is set and not faded by lines.
#[derive(Clone, Copy, Debug, Default)]
struct Knobs {
    drive: DriveSettings,
    chorus: ChorusSettings,
    /// Length of an echo in quarter notes, where it is in sync.
    beats: Option<f32>,
    /// With the time of an echo that is not.
    delay: DelaySettings,
    reverb: ReverbSettings,
}

/// The levels of this tick.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    /// Part of the delay send that the chorus takes over, its level as it is heard, and its level into the delay.
    chorus_mix: Ramp,
    chorus: Ramp,
    chorus_to_delay: Ramp,
    delay: Ramp,
    delay_to_reverb: Ramp,
    reverb: Ramp,
}

impl Lines {
    /// As they are at the end of the tick.
    fn resting(self) -> Self {
        let rest = |ramp: Ramp| Ramp::resting(ramp.end());
        Self {
            chorus_mix: rest(self.chorus_mix),
            chorus: rest(self.chorus),
            chorus_to_delay: rest(self.chorus_to_delay),
            delay: rest(self.delay),
            delay_to_reverb: rest(self.delay_to_reverb),
            reverb: rest(self.reverb),
        }
    }
}

impl Default for Rack {
    /// To be [prepared](Rack::prepare).
    fn default() -> Self {
        Self {
            chorus: Chorus::default(),
            delay: Delay::default(),
            reverb: Reverb::default(),
            drive: Drive::default(),
            meters: [OverloadMeter::new(1.0); Place::ALL.len()],
            metered: false,
            voices: [[0.0; 2]; 2],
            knobs: Knobs::default(),
            lines: Lines::default(),
            echo: 0.0,
            tail: Tail::default(),
            silenced: false,
            stale: true,
        }
    }
}

impl Rack {
    /// For `sample_rate` in Hz. Allocates. `[gui]`
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        self.chorus.prepare(sample_rate);
        self.delay.prepare(sample_rate);
        self.reverb.prepare(sample_rate);
        self.drive.prepare(sample_rate);
        self.tail.prepare(sample_rate);
        for meter in &mut self.meters {
            meter.prepare(sample_rate);
        }
    }

    /// Silent, as new.
    pub(super) fn reset(&mut self) {
        self.reset_sends();
        self.drive.reset();
        self.tail.clear();
        self.silenced = false;
        self.reset_meters();
    }

    fn reset_meters(&mut self) {
        self.meters.iter_mut().for_each(OverloadMeter::reset);
        self.voices = Default::default();
    }

    /// Feeds the overload meters from now on, which start anew, or no longer.
    pub(super) fn set_metered(&mut self, metered: bool) {
        if metered && !self.metered {
            self.reset_meters();
        }
        self.metered = metered;
    }

    /// Returns true if the overload meters are fed.
    pub(super) fn metered(&self) -> bool {
        self.metered
    }

    fn reset_sends(&mut self) {
        self.chorus.reset();
        self.delay.reset();
        self.reverb.reset();
    }

    /// All Sound Off: from the next sample on, nothing of what went to the effects so far is heard but a fade of 3 ms.
    pub(super) fn silence(&mut self) {
        self.silenced = true;
        self.drive.hush();
    }

    /// Before the samples from `phase` in the tick on: does what [`silence`](Self::silence) asked for. The next 3 ms of the
    /// effects are computed at once, which costs the same in blocks of any size, and then the effects are cleared, which
    /// costs the same for memories of any length. `None` when there was no room for what it needs.
    pub(super) fn cut_off(&mut self, phase: usize, scratch: &mut Scope<'_>) -> Option<()> {
        if !std::mem::take(&mut self.silenced) || self.sends_sleep() {
            return Some(());
        }
        let lines = self.lines;
        let length = self.tail.len();
        let (mut at, mut phase) = (0, phase);
        while at < length {
            let count = (TICK - phase).min(length - at);
            let mut scratch = scratch.nested();
            let mut silence = || scratch.take_zeroed::<f32>(count);
            let mut to_delay = Channels::new([silence()?, silence()?]);
            let mut to_reverb = Channels::new([silence()?, silence()?]);
            let mut back = Channels::new([scratch.take(count)?, scratch.take(count)?]);
            self.returns(
                phase,
                &mut to_delay,
                &mut to_reverb,
                &mut back,
                &mut scratch,
            )?;
            self.tail.record(at, &back);
            (at, phase) = (at + count, 0);
            self.lines = self.lines.resting();
            self.aim_sends();
        }
        self.tail.start();
        self.reset_sends();
        self.aim_sends();
        self.lines = lines;
        Some(())
    }

    /// Whether nothing rings on.
    pub(super) fn sleeps(&self) -> bool {
        self.sends_sleep() && self.drive.sleeps()
    }

    /// Whether nothing comes back from the sends unless something goes there.
    pub(super) fn sends_sleep(&self) -> bool {
        let asleep = self.chorus.sleeps() && self.delay.sleeps() && self.reverb.sleeps();
        asleep && !self.tail.runs()
    }

    /// Takes over where the knobs are at the end of the tick. The drive is `oversampled` or not.
    pub(super) fn read(&mut self, automation: &Automation, oversampled: bool) {
        let value = |parameter| automation.value(parameter);
        let octaves = |parameter| f64::from((value(parameter) - 69.0) / 12.0);
        let hertz = |parameter| 440.0 * octaves(parameter).exp2() as f32;
        self.knobs = Knobs {
            drive: DriveSettings {
                gain: 20.0 * f64::from(value(Parameter::OutputDrive).max(1.0)).log10() as f32,
                oversampled,
            },
            chorus: ChorusSettings {
                rate: hertz(Parameter::ChorusRate),
                depth: value(Parameter::ChorusDepth),
                mix: 1.0,
            },
            beats: (value(Parameter::DelaySync) > 0.5).then(|| value(Parameter::DelayTime)),
            delay: DelaySettings {
                time: value(Parameter::DelayFreeTime),
                feedback: value(Parameter::DelayFeedback),
                tone: hertz(Parameter::DelayTone),
                width: value(Parameter::DelayWidth),
            },
            reverb: ReverbSettings {
                predelay: value(Parameter::ReverbPredelay),
                size: value(Parameter::ReverbSize),
                decay: value(Parameter::ReverbDecay),
                damp: hertz(Parameter::ReverbDamp),
                width: value(Parameter::ReverbWidth),
            },
        };
    }

    /// At a tick: all set out for where the parameters, which were [read](Self::read), are at its end. `tempo` is in
    /// quarter notes per minute.
    pub(super) fn aim(&mut self, automation: &Automation, tempo: f32) {
        let ramp = |parameter| automation.ramp(parameter);
        self.lines = Lines {
            chorus_mix: ramp(Parameter::ChorusMix),
            chorus: ramp(Parameter::ChorusLevel),
            chorus_to_delay: ramp(Parameter::ChorusDelay),
            delay: ramp(Parameter::DelayLevel),
            delay_to_reverb: ramp(Parameter::DelayReverb),
            reverb: ramp(Parameter::ReverbLevel),
        };
        self.echo = match self.knobs.beats {
            Some(beats) => in_time(beats * 60.0 / tempo),
            None => self.knobs.delay.time,
        };
        self.drive.aim(&self.knobs.drive);
        self.aim_sends();
    }

    /// At a tick: aims the effects, unless all of them sleep. They then start at rest wherever they are needed, which
    /// is the same on any sample of the tick, so that [`wake_sends`](Self::wake_sends) does it.
    fn aim_sends(&mut self) {
        self.stale = self.sends_sleep();
        if !self.stale {
            self.aim_effects();
        }
    }

    /// Before anything is sent to the effects: aims those that slept at the last tick.
    fn wake_sends(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.aim_effects();
        }
    }

    fn aim_effects(&mut self) {
        self.chorus.aim(&self.knobs.chorus);
        self.delay.aim(&DelaySettings {
            time: self.echo,
            ..self.knobs.delay
        });
        self.reverb.aim(&self.knobs.reverb);
    }

    /// Adds to `sound` what comes back from the sends, for samples that begin `phase` into the tick and stay within it.
    /// What is in the sends afterwards is of no interest. Answers how many values were no numbers; `None` when there
    /// was no room for what it needs.
    pub(super) fn play_sends(
        &mut self,
        phase: usize,
        to_delay: &mut Channels<'_, 2>,
        to_reverb: &mut Channels<'_, 2>,
        sound: &mut Channels<'_, 2>,
        scratch: &mut Scope<'_>,
    ) -> Option<u32> {
        let mut scratch = scratch.nested();
        let length = sound.len();
        let mut back = Channels::new([scratch.take(length)?, scratch.take(length)?]);
        self.returns(phase, to_delay, to_reverb, &mut back, &mut scratch)?;
        self.feed(Place::Sends, &back);
        for side in 0..2 {
            for (sound, back) in sound.channel_mut(side).iter_mut().zip(back.channel(side)) {
                *sound += back;
            }
        }
        Some(self.chorus.faults() + self.delay.faults() + self.reverb.faults())
    }

    /// Fills `back` with what comes back from the sends. `None` when there was no room for what it needs.
    fn returns(
        &mut self,
        phase: usize,
        to_delay: &mut Channels<'_, 2>,
        to_reverb: &mut Channels<'_, 2>,
        back: &mut Channels<'_, 2>,
        scratch: &mut Scope<'_>,
    ) -> Option<()> {
        self.wake_sends();
        let mut scratch = scratch.nested();
        let length = back.len();
        let moved = [scratch.take(length)?, scratch.take(length)?];
        let gain = scratch.take::<f32>(length)?;
        let onward = scratch.take::<f32>(length)?;
        let mix = scratch.take::<f32>(length)?;
        dispatch(Returns {
            rack: &mut *self,
            phase,
            to_delay: to_delay.each_mut(),
            to_reverb: to_reverb.each_mut(),
            back: back.each_mut(),
            moved,
            gain,
            onward,
            mix,
        });
        self.tail.play(back);
        Some(())
    }

    /// The drive of the output, in place. Answers how many values were no numbers.
    pub(super) fn drive(&mut self, phase: usize, sound: &mut Channels<'_, 2>) -> u32 {
        let [left, right] = sound.each_mut();
        self.drive.process(phase, left, right);
        self.drive.faults()
    }

    /// Feeds the meter at `place`, if anybody reads it.
    pub(super) fn feed(&mut self, place: Place, sound: &Channels<'_, 2>) {
        if self.metered {
            self.meters[place as usize].feed(sound.channel(0), sound.channel(1));
        }
    }

    /// The voices' highest absolute values, at the mixer and behind the filter, up to the sample `end` of the tick. The meters
    /// hear of whole ticks, however they are cut.
    pub(super) fn watch_voices(&mut self, peaks: [[f32; 2]; 2], end: usize) {
        for (most, peak) in self.voices.iter_mut().zip(peaks) {
            *most = [most[0].max(peak[0]), most[1].max(peak[1])];
        }
        if end < TICK {
            return;
        }
        let most = std::mem::take(&mut self.voices);
        for (place, [left, right]) in [Place::Mixer, Place::Filter].into_iter().zip(most) {
            self.meters[place as usize].feed(&[left; TICK], &[right; TICK]);
        }
    }

    /// So many samples go by, up to the sample `end` of the tick, in which the voices are silent.
    pub(super) fn rest_voices(&mut self, end: usize) {
        if !self.metered {
            return;
        }
        let rests = |place: Place| self.meters[place as usize].rests();
        if !(rests(Place::Mixer) && rests(Place::Filter) && self.voices == [[0.0; 2]; 2]) {
            self.watch_voices([[0.0; 2]; 2], end);
        }
    }

    /// So many samples go by in which nothing passes `places`.
    pub(super) fn rest(&mut self, places: &[Place], samples: usize) {
        if !self.metered {
            return;
        }
        let silence = &[0.0; TICK][..samples];
        for place in places {
            let meter = &mut self.meters[*place as usize];
            if !meter.rests() {
                meter.feed(silence, silence);
            }
        }
    }

    /// What the meters show, and from where they start anew.
    pub(super) fn overloads(&mut self) -> [Overload; Place::ALL.len()] {
        self.meters.each_mut().map(|meter| {
            let reading = meter.reading();
            Overload {
                peak: reading.peak,
                hold: reading.hold,
                overs: reading.overs,
            }
        })
    }
}

/// The work of the effects in a piece of a tick. All buffers are as long as the piece.
struct Returns<'a, 'b> {
    rack: &'a mut Rack,
    phase: usize,
    to_delay: [&'a mut [f32]; 2],
    to_reverb: [&'a mut [f32]; 2],
    back: [&'a mut [f32]; 2],
    /// Room for the chorus, two gains and a mix.
    moved: [&'b mut [f32]; 2],
    gain: &'b mut [f32],
    onward: &'b mut [f32],
    mix: &'b mut [f32],
}

impl Work for Returns<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            rack,
            phase,
            to_delay,
            to_reverb,
            back,
            mut moved,
            gain,
            onward,
            mix,
        } = self;
        let length = gain.len();

        // The chorus takes a part of the send over. What it makes of it is heard, and goes on to the delay.
        for (moved, send) in moved.iter_mut().zip(&to_delay) {
            moved.copy_from_slice(send);
        }
        let [left, right] = moved;
        rack.chorus.process(phase, left, right);
        rack.lines.chorus_mix.fill(phase, mix);
        rack.lines.chorus.fill(phase, gain);
        rack.lines.chorus_to_delay.fill(phase, onward);
        let [to_left, to_right] = to_delay;
        let [back_left, back_right] = back;
        for (send, moved, back) in [
            (&mut *to_left, &*left, &mut *back_left),
            (&mut *to_right, &*right, &mut *back_right),
        ] {
            for n in 0..length {
                let moved = moved[n] * mix[n];
                send[n] += moved * onward[n] - send[n] * mix[n];
                back[n] = moved * gain[n];
            }
        }
        rack.delay.process(phase, to_left, to_right);
        rack.lines.delay.fill(phase, gain);
        for (echo, back) in [(&*to_left, &mut *back_left), (&*to_right, &mut *back_right)] {
            add(back, echo, gain);
        }
        rack.lines.delay_to_reverb.fill(phase, gain);
        let [left, right] = to_reverb;
        for (back, send) in [(&*back_left, &mut *left), (&*back_right, &mut *right)] {
            add(send, back, gain);
        }
        rack.reverb.process(phase, left, right);
        rack.lines.reverb.fill(phase, gain);
        for (room, back) in [(&*left, back_left), (&*right, back_right)] {
            add(back, room, gain);
        }
    }
}

/// `seconds`, halved until the delay has room for it.
fn in_time(mut seconds: f32) -> f32 {
    while seconds > LONGEST_ECHO {
        seconds *= 0.5;
    }
    seconds
}

/// Adds `from` times `gain` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32], gain: &[f32]) {
    for ((to, from), gain) in to.iter_mut().zip(from).zip(gain) {
        *to += from * gain;
    }
}
