//! Parameters that stand for MIDI controllers: VST3 hosts translate controllers, bends and pressure to parameters,
//! which the wrapper translates back.
//!
//! The wrapper makes a parameter for each of 131 controllers on each of 16 channels. Those that the engine uses are listed
//! for each channel. All others, which can only be assigned to parameters on any channel, are listed once. They cannot be automated, because a state has no place for them. They are not flagged as
//! hidden either: VST3 defines a hidden parameter as one that no host may change.

use vst3::Steinberg::Vst::ControllerNumbers_::{kAfterTouch, kPitchBend};
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::kNoFlags;
use vst3::Steinberg::Vst::{ParamID, ParameterInfo, String128, kRootUnitId};

/// VST3's number of channel pressure.
const PRESSURE: u8 = kAfterTouch as u8;
/// VST3's number of the pitch bend.
const BEND: u8 = kPitchBend as u8;

/// Controllers that the engine uses, in the order in which messages at one sample are played: data entry after the
/// number of the registered parameter.
const ASSIGNED: [u8; 26] = [
    98, 99, 100, 101, 6, 38, 96, 97, 1, 2, 4, 7, 10, 11, 64, 66, 74, 120, 121, 123, 124, 125, 126,
    127, PRESSURE, BEND,
];

/// Number of controllers; the channel mode messages above them cannot be assigned to parameters.
const CONTROLLERS: u8 = 120;
/// Second controllers of pairs with 14 bits.
const SECONDS: std::ops::Range<u8> = 32..64;

/// Controller of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Channel, 0 to 15.
    pub(super) channel: u8,
    /// Controller, 0 to 127, or VST3's numbers for pressure and bend.
    pub(super) controller: u8,
}

impl Proxy {
    /// Returns all listed controllers.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let own = (0..16).flat_map(|channel| {
            ASSIGNED.map(|controller| Self {
                channel,
                controller,
            })
        });
        let shared = (0..CONTROLLERS).map(|controller| Self {
            channel: 0,
            controller,
        });
        own.chain(shared.filter(|proxy| proxy.is_shared()))
    }

    /// Returns true if the controller is listed once for all channels. Its messages are played on the first one.
    fn is_shared(self) -> bool {
        !ASSIGNED.contains(&self.controller)
    }

    /// Returns true if the controller `controller` on `channel` is played through this parameter.
    pub(super) fn plays(self, channel: i16, controller: i16) -> bool {
        let on_channel = match self.is_shared() {
            true => (0..16).contains(&channel),
            false => i16::from(self.channel) == channel,
        };
        on_channel && i16::from(self.controller) == controller
    }

    /// Returns the rank among messages at one sample: numbers of registered parameters come first, and the second
    /// controllers of pairs last.
    pub(super) fn rank(self) -> u8 {
        match self.controller {
            98..=101 => 0,
            controller if SECONDS.contains(&controller) => 2,
            _ => 1,
        }
    }

    /// Returns the number of steps of the value: MIDI has 7 bits, 14 for bends.
    fn steps(self) -> i32 {
        if self.controller == BEND { 16_383 } else { 127 }
    }

    /// Returns the normalized neutral value, which a host sends when it resets its parameters.
    pub(super) fn neutral(self) -> f64 {
        let step = match self.controller {
            BEND => 8_192,
            7 => 100,
            10 | 74 => 64,
            11 => 127,
            // No registered parameter is selected.
            98..=101 => 127,
            _ => 0,
        };
        f64::from(step) / f64::from(self.steps())
    }

    /// Returns the title, which begins as in plugins made with JUCE; hosts recognize stand-ins by it and leave them
    /// out.
    fn title(self) -> String {
        let channel = self.channel + 1;
        match self.controller {
            BEND => format!("MIDI CC Bend Ch {channel}"),
            PRESSURE => format!("MIDI CC Pressure Ch {channel}"),
            controller if self.is_shared() => format!("MIDI CC {controller}"),
            controller => format!("MIDI CC {controller} Ch {channel}"),
        }
    }

    /// Returns the entry under `id` in a host's list of parameters.
    pub(super) fn info(self, id: ParamID) -> ParameterInfo {
        ParameterInfo {
            id,
            title: utf16(&self.title()),
            shortTitle: utf16(&self.title()["MIDI ".len()..]),
            units: utf16(""),
            stepCount: self.steps(),
            defaultNormalizedValue: self.neutral(),
            unitId: kRootUnitId,
            flags: kNoFlags,
        }
    }

    /// Returns the MIDI value of a normalized value, as text.
    pub(super) fn text(self, normalized: f64) -> String {
        let steps = self.steps();
        let value = (normalized * f64::from(steps)) as i32;
        match self.controller {
            BEND => (value - 8_192).to_string(),
            _ => value.to_string(),
        }
    }

    /// Returns the normalized value of `text`; `None` if it is not a MIDI value.
    pub(super) fn value(self, text: &str) -> Option<f64> {
        let value: i32 = text.trim().parse().ok()?;
        let value = if self.controller == BEND {
            value.checked_add(8_192)?
        } else {
            value
        };
        let steps = self.steps();
        (0..=steps)
            .contains(&value)
            .then(|| f64::from(value) / f64::from(steps))
    }
}

/// Returns `text` as a terminated UTF-16 field of VST3, cut if it is too long.
pub(super) fn utf16(text: &str) -> String128 {
    let mut field = [0; 128];
    for (place, unit) in field.iter_mut().take(127).zip(text.encode_utf16()) {
        *place = unit as _;
    }
    field
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tidepool_dsp::synth::ChannelControl;

    use super::*;

    #[test]
    fn every_controller_that_moves_a_channel_is_assigned() {
        for number in 0..=127 {
            let moves = ChannelControl::of_controller(number, 0.5).is_some();
            assert!(!moves || ASSIGNED.contains(&number), "CC {number}");
        }
    }

    #[test]
    fn proxies_have_titles_of_their_own() {
        let titles: HashSet<_> = Proxy::all().map(Proxy::title).collect();
        assert_eq!(titles.len(), Proxy::all().count());
    }

    #[test]
    fn text_and_value_of_a_proxy_belong_together() {
        for proxy in Proxy::all() {
            for step in 0..=proxy.steps() {
                let value = f64::from(step) / f64::from(proxy.steps());
                let text = proxy.text(value);
                let back = proxy.value(&text).expect("its own text is understood");
                assert!(
                    (back - value).abs() <= 1.0 / f64::from(proxy.steps()),
                    "{text}"
                );
            }
            assert_eq!(proxy.value("loud"), None);
            assert_eq!(proxy.value("2147483647"), None);
        }
    }
}
