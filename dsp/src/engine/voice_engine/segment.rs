//! Rendering of a segment: the voices and the effects, within one tick.

use std::ops::Range;

use super::{BUSES, Bus, VoiceEngine};
use crate::engine::Status;
use crate::engine::effects::SENDS;
use crate::engine::external::External;
use crate::engine::fx_chain::{FxChain, sends};
use crate::engine::modulation_snapshot::MeterPoint;
use crate::engine::module::Module;
use crate::engine::sources::MIXER;
use crate::event::{Note, NotePort};
use crate::parameter::Parameter;
use crate::rt::metrics::ModuleTimer;
use crate::rt::{Arena, Channels, Scope, TICK, Work, dispatch, ones};
use crate::synth::f32s::{F32s, VOICES_PER_GROUP, mix_down};
use crate::synth::{Peaks, ROUTES, TOGETHER, VOICE_SLOTS, VoiceGroup, VoiceStage, Voices, WORK};

/// Size in bytes of the scratch memory that [`VoiceEngine::segment`] takes from the arena at once.
pub(super) const SCRATCH: usize = {
    let voices = BUSES * Arena::bytes_for::<F32s>(TICK) + Arena::bytes_for::<F32s>(WORK);
    // A gain, and the sends in stereo.
    let buffers = 1 + 2 * SENDS + External::BUFFERS + FxChain::BUFFERS;
    voices + buffers * Arena::bytes_for::<f32>(TICK)
};

impl VoiceEngine {
    /// Renders samples that lie within one tick and hold no event. Returns `None` if the scratch memory is too small.
    pub(super) fn segment(
        &mut self,
        bus: &mut Bus<'_>,
        span: Range<usize>,
        offset: usize,
        port: &mut impl NotePort,
        scratch: &mut Scope<'_>,
        status: &mut Status,
    ) -> Option<()> {
        let (phase, length) = (self.clock.phase(), span.len());
        let mut sound = bus.sound.stretch(span.start, span.end);
        sound.clear();
        self.fx.complete_silence(phase, scratch)?;
        if self.is_idle() {
            self.fx.feed_silent_voices(phase + length);
            self.fx
                .feed_silence(&[MeterPoint::Sends, MeterPoint::Output], length);
            self.timer.mark(Module::Mix as usize);
            return Some(());
        }
        let mut scratch = scratch.nested();
        let gain = scratch.take::<f32>(length)?;
        let input = bus.external.stretch(span.start, span.end);
        let [past, filtered, bypassed] = self.external.split(phase, &input, &mut scratch)?;
        if self.external.is_audible() {
            self.timer.mark(Module::Mix as usize);
        }
        // The sends are skipped while nothing is sent to them and their returns are silent.
        let sending = !self.voices.is_silent() && self.voices.sends_used();
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
        if self.voices.is_silent() {
            self.fx.feed_silent_voices(phase + length);
        } else {
            let external = [&filtered, &bypassed].map(|way| [way.channel(0), way.channel(1)]);
            let sent = if sending { length } else { 0 };
            let ends = self.render(phase, external, &mut sound, &mut sends, sent, &mut scratch)?;
            self.report_ends(ends, |sample, note| {
                port.note_ended((offset + span.start + sample) as u32, note);
            });
            status.not_finite(Module::Voices, ends.muted);
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
            self.timer.mark(Module::Sends as usize);
        } else {
            self.fx.feed_silence(&[MeterPoint::Sends], length);
        }
        let faults = self.fx.play_output(phase, &mut sound);
        status.not_finite(Module::Mix, faults.into());
        self.bank.ramp(Parameter::Volume).fill(phase, gain);
        for sound in sound.each_mut() {
            for (sample, gain) in sound.iter_mut().zip(&*gain) {
                *sample *= gain;
            }
        }
        self.fx.feed(MeterPoint::Output, &sound);
        self.timer.mark(Module::Mix as usize);
        Some(())
    }

    /// Renders the voices into `sound`, and the first `sent` samples into `sends`.
    fn render(
        &mut self,
        phase: usize,
        external: [[&[f32]; 2]; ROUTES],
        sound: &mut Channels<'_, 2>,
        sends: &mut [Channels<'_, 2>; SENDS],
        sent: usize,
        scratch: &mut Scope<'_>,
    ) -> Option<Ends> {
        let mut scratch = scratch.nested();
        let length = sound.len();
        let mut take = |length| scratch.take_zeroed::<F32s>(length);
        let mut buses = [
            take(length)?,
            take(length)?,
            take(sent)?,
            take(sent)?,
            take(sent)?,
            take(sent)?,
        ];
        let work = scratch.take::<F32s>(WORK)?;
        let mut ends = Ends::default();
        let mut peaks = self.fx.metered().then(Peaks::default);
        let [delay, reverb] = sends;
        let [left, right] = sound.each_mut();
        let [delay_left, delay_right] = delay.each_mut();
        let [reverb_left, reverb_right] = reverb.each_mut();
        dispatch(Render {
            voices: &mut self.voices,
            timer: &mut self.timer,
            sample_rate: self.sample_rate,
            phase,
            external,
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
        Some(ends)
    }

    /// Reports the notes that ended.
    fn report_ends(&mut self, ends: Ends, mut ended: impl FnMut(usize, Note)) {
        for (at, slot) in ends.in_order() {
            let slot = self.voices.slot_mut(slot);
            if !std::mem::replace(&mut slot.end_reported, true) {
                ended(at, slot.note);
            }
        }
    }
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

    /// Iterates over sample and slot of the ends, in the order of time.
    fn in_order(mut self) -> impl Iterator<Item = (usize, usize)> {
        self.ends[..self.count].sort_unstable();
        let ends = self.ends.into_iter().take(self.count);
        ends.map(|(at, slot)| (at.into(), slot.into()))
    }
}

/// Rendering of the voices in a segment.
struct Render<'a, 'b> {
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

impl Work for Render<'_, '_> {
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
