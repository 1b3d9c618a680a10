//! Rendering of a segment: the voices, the External input and the effects, within one tick.

use crate::engine::Status;
use crate::engine::control_bank::ControlBank;
use crate::engine::effects::SENDS;
use crate::engine::external::External;
use crate::engine::fx_chain::{FxChain, sends};
use crate::engine::modulation_snapshot::MeterPoint;
use crate::engine::module::Module;
use crate::engine::sources::MIXER;
use crate::event::Note;
use crate::parameter::Parameter;
use crate::rt::metrics::ModuleTimer;
use crate::rt::{Arena, Channels, Scope, TICK, Work, dispatch, ones};
use crate::synth::f32s::{F32s, VOICES_PER_GROUP, mix_down};
use crate::synth::{Peaks, ROUTES, TOGETHER, VOICE_SLOTS, VoiceGroup, VoiceStage, Voices, WORK};

/// Number of buses of the voices: the main one and the two sends, in stereo.
const BUSES: usize = 2 + 2 * SENDS;

/// Size in bytes of the scratch memory that [`SegmentRenderer::render`] takes from the arena at once.
pub(super) const SCRATCH: usize = {
    let voices = BUSES * Arena::bytes_for::<F32s>(TICK) + Arena::bytes_for::<F32s>(WORK);
    // A gain, and the sends in stereo.
    let buffers = 1 + 2 * SENDS + External::BUFFERS + FxChain::BUFFERS;
    voices + buffers * Arena::bytes_for::<f32>(TICK)
};

/// Samples that lie within one tick and hold no event.
pub(super) struct Segment<'a, 's> {
    pub(super) sound: Channels<'a, 2>,
    /// External input, as long as `sound`.
    pub(super) external: Channels<'a, 2>,
    /// First sample, in the host's block and in the tick.
    pub(super) at: usize,
    pub(super) phase: usize,
    pub(super) scratch: &'a mut Scope<'s>,
}

/// External input and effects, and the rendering of the voices between them. `[audio]`, except
/// [`prepare`](Self::prepare).
#[derive(Debug, Default)]
pub(in crate::engine) struct SegmentRenderer {
    pub(super) external: External,
    pub(in crate::engine) fx: FxChain,
    sample_rate: f32,
}

impl SegmentRenderer {
    /// Prepares for `sample_rate` in Hz. Allocates. `[gui]`
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.fx.prepare(sample_rate);
    }

    /// Resets to silence.
    pub(super) fn reset(&mut self) {
        self.external = External::default();
        self.fx.reset();
    }

    /// Renders a segment. `ended` is called with the sample of the host's block for each note that ends. Returns `None`
    /// if the scratch memory is too small.
    pub(super) fn render(
        &mut self,
        segment: Segment<'_, '_>,
        voices: &mut Voices,
        bank: &ControlBank,
        timer: &mut ModuleTimer,
        ended: &mut dyn FnMut(usize, Note),
        status: &mut Status,
    ) -> Option<()> {
        let Segment {
            mut sound,
            external,
            at,
            phase,
            scratch,
        } = segment;
        let length = sound.len();
        sound.clear();
        self.fx.complete_silence(phase, scratch)?;
        if voices.is_silent() && self.fx.is_idle() && !self.external.is_audible() {
            self.fx.feed_silent_voices(phase + length);
            self.fx
                .feed_silence(&[MeterPoint::Sends, MeterPoint::Output], length);
            timer.mark(Module::Mix as usize);
            return Some(());
        }
        let mut scratch = scratch.nested();
        let gain = scratch.take::<f32>(length)?;
        let [past, filtered, bypassed] = self.external.split(phase, &external, &mut scratch)?;
        if self.external.is_audible() {
            timer.mark(Module::Mix as usize);
        }
        // The sends are skipped while nothing is sent to them and their returns are silent.
        let sending = !voices.is_silent() && voices.sends_used();
        let room = if sending || !self.fx.sends_idle() {
            length
        } else {
            0
        };
        let mut sends = sends(&mut scratch, room)?;
        // The voices overwrite the sends.
        if !sending {
            sends.iter_mut().for_each(Channels::clear);
        }
        if voices.is_silent() {
            self.fx.feed_silent_voices(phase + length);
        } else {
            let mut scratch = scratch.nested();
            let sent = if sending { length } else { 0 };
            let mut buses = buses(&mut scratch, length, sent)?;
            let work = scratch.take::<F32s>(WORK)?;
            let mut ends = Ends::default();
            let mut peaks = self.fx.metered().then(Peaks::default);
            let [delay, reverb] = &mut sends;
            let [left, right] = sound.each_mut();
            let [delay_left, delay_right] = delay.each_mut();
            let [reverb_left, reverb_right] = reverb.each_mut();
            dispatch(RenderVoices {
                voices,
                timer,
                sample_rate: self.sample_rate,
                phase,
                external: [&filtered, &bypassed].map(|way| [way.channel(0), way.channel(1)]),
                buses: &mut buses,
                work,
                ends: &mut ends,
                peaks: peaks.as_mut(),
                outputs: [
                    left,
                    right,
                    delay_left,
                    delay_right,
                    reverb_left,
                    reverb_right,
                ],
            });
            if let Some(peaks) = peaks {
                self.fx
                    .feed_voices([peaks.mixer, peaks.filter], phase + length);
            }
            status.not_finite(Module::Voices, ends.muted);
            ends.report(voices, at, ended);
        }
        for side in 0..2 {
            let samples = sound.channel_mut(side).iter_mut();
            for (sample, input) in samples.zip(past.channel(side)) {
                *sample += input;
            }
        }
        if room > 0 {
            let faults = (self.fx).play_sends(phase, &mut sends, &mut sound, &mut scratch)?;
            status.not_finite(Module::Sends, faults.into());
            timer.mark(Module::Sends as usize);
        } else {
            self.fx.feed_silence(&[MeterPoint::Sends], length);
        }
        let faults = self.fx.play_output(phase, &mut sound);
        status.not_finite(Module::Mix, faults.into());
        bank.ramp(Parameter::Volume).fill(phase, gain);
        for sound in sound.each_mut() {
            for (sample, gain) in sound.iter_mut().zip(&*gain) {
                *sample *= gain;
            }
        }
        self.fx.feed(MeterPoint::Output, &sound);
        timer.mark(Module::Mix as usize);
        Some(())
    }
}

/// Returns zeroed buses of the voices, or `None` if the scratch memory is too small. Those of the sends are `sent` long.
fn buses<'a>(
    scratch: &mut Scope<'a>,
    length: usize,
    sent: usize,
) -> Option<[&'a mut [F32s]; BUSES]> {
    let mut take = |length| scratch.take_zeroed(length);
    Some([
        take(length)?,
        take(length)?,
        take(sent)?,
        take(sent)?,
        take(sent)?,
        take(sent)?,
    ])
}

/// Ends of notes in a segment. Voices are rendered group by group, but ends have to be reported in the order of time;
/// otherwise their order would depend on the host's block sizes.
#[derive(Clone, Copy)]
struct Ends {
    /// Sample and slot of each end.
    ends: [(u8, u8); VOICE_SLOTS],
    count: usize,
    /// Number of voices that ended because they were not finite.
    muted: u64,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            ends: [(0, 0); VOICE_SLOTS],
            count: 0,
            muted: 0,
        }
    }
}

impl Ends {
    fn add(&mut self, at: usize, slot: usize) {
        self.ends[self.count] = (at as u8, slot as u8);
        self.count += 1;
    }

    /// Reports the notes that ended in a segment that begins `at` samples into the host's block.
    fn report(mut self, voices: &mut Voices, at: usize, ended: &mut dyn FnMut(usize, Note)) {
        self.ends[..self.count].sort_unstable();
        for (sample, slot) in &self.ends[..self.count] {
            let slot = voices.slot_mut(usize::from(*slot));
            if !std::mem::replace(&mut slot.end_reported, true) {
                ended(at + usize::from(*sample), slot.note);
            }
        }
    }
}

/// Rendering of the voices in a segment.
struct RenderVoices<'a, 'b> {
    voices: &'a mut Voices,
    timer: &'a mut ModuleTimer,
    sample_rate: f32,
    phase: usize,
    external: [[&'a [f32]; 2]; ROUTES],
    buses: &'a mut [&'b mut [F32s]; BUSES],
    work: &'a mut [F32s],
    ends: &'a mut Ends,
    peaks: Option<&'a mut Peaks>,
    /// Sum of all voices on each bus.
    outputs: [&'a mut [f32]; BUSES],
}

impl Work for RenderVoices<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        for (number, groups) in self.voices.groups_mut().chunks_mut(TOGETHER).enumerate() {
            if groups.iter().all(VoiceGroup::is_silent) {
                continue;
            }
            let rendered = VoiceGroup::render(
                groups,
                self.phase,
                self.external,
                self.buses,
                self.work,
                self.peaks.as_deref_mut(),
                self.sample_rate,
                |stage| {
                    self.timer.mark(match stage {
                        VoiceStage::Source(input) => MIXER[input as usize].module,
                        VoiceStage::Filter => Module::Filter,
                        VoiceStage::Output => Module::Voices,
                    } as usize);
                },
            );
            for (group, rendered) in rendered.into_iter().enumerate() {
                let Some(rendered) = rendered else { continue };
                self.ends.muted += u64::from(rendered.muted.count_ones());
                for lane in ones(rendered.ended) {
                    let group = number * TOGETHER + group;
                    self.ends
                        .add(rendered.at[lane], group * VOICES_PER_GROUP + lane);
                }
            }
        }
        for (bus, out) in self.buses.iter().zip(&mut self.outputs) {
            mix_down(bus, &mut out[..bus.len()]);
        }
    }
}
