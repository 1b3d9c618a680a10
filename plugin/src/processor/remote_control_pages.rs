//! Pages of remote controls for hosts: eight knobs each; every parameter is on one of them.

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{EnvelopeParameter, OscillatorParameter};

use crate::params::{AnyParam, TidepoolParams};

/// Knobs of a page.
const KNOBS: usize = 8;

/// First pages: the most played parameters, from several groups.
const FIRST: [(&str, [Parameter; KNOBS]); 4] = [
    (
        "Main",
        [
            Parameter::Cutoff,
            Parameter::Resonance,
            Parameter::FilterEnv,
            Parameter::Drive,
            Parameter::Attack,
            Parameter::Decay,
            Parameter::Release,
            Parameter::Volume,
        ],
    ),
    (
        "Sources",
        [
            Parameter::oscillator(0, OscillatorParameter::Shape),
            Parameter::oscillator(0, OscillatorParameter::Level),
            Parameter::oscillator(1, OscillatorParameter::Shape),
            Parameter::oscillator(1, OscillatorParameter::Level),
            Parameter::RingLevel,
            Parameter::FmLevel,
            Parameter::NoiseLevel,
            Parameter::External,
        ],
    ),
    (
        "Envelopes",
        [
            Parameter::Attack,
            Parameter::Decay,
            Parameter::Sustain,
            Parameter::Release,
            Parameter::envelope(1, EnvelopeParameter::Attack),
            Parameter::envelope(1, EnvelopeParameter::Decay),
            Parameter::envelope(1, EnvelopeParameter::Sustain),
            Parameter::envelope(1, EnvelopeParameter::Release),
        ],
    ),
    (
        "Sends",
        [
            Parameter::SendDelay,
            Parameter::DelayTime,
            Parameter::DelayFeedback,
            Parameter::ChorusMix,
            Parameter::SendReverb,
            Parameter::ReverbSize,
            Parameter::ReverbDecay,
            Parameter::OutputDrive,
        ],
    ),
];

/// Adds the pages to `context`. `[gui]`
pub fn add(params: &TidepoolParams, context: &mut impl RemoteControlsContext) {
    context.add_section("Tidepool", |section| {
        for (name, parameters) in FIRST {
            add_page(
                section,
                name.into(),
                parameters.map(|each| params.get(each)),
            );
        }
    });
    for (group, params) in params.groups() {
        context.add_section(group, |section| {
            let pages = params.chunks(KNOBS);
            let count = pages.len();
            for (number, page) in (1..).zip(pages) {
                let name = if count == 1 {
                    group.into()
                } else {
                    format!("{group} ({number}/{count})")
                };
                add_page(section, name, page.iter().map(|(_, param)| *param));
            }
        });
    }
}

fn add_page<'a>(
    section: &mut impl RemoteControlsSection,
    name: String,
    params: impl IntoIterator<Item = &'a AnyParam>,
) {
    section.add_page(name, |page| {
        for param in params {
            match param {
                AnyParam::Float(param) => page.add_param(param),
                AnyParam::Int(param) => page.add_param(param),
            }
        }
    });
}
