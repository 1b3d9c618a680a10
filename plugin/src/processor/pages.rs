//! The pages of hosts' remote controls: eight knobs each, and every parameter on one of them.

use nice_plug::prelude::*;

use crate::params::TidepoolParams;

/// Tells `context` of them. `[gui]`
pub fn add(params: &TidepoolParams, context: &mut impl RemoteControlsContext) {
    let TidepoolParams {
        oscillator,
        filter,
        envelope,
        voice,
        output,
        ..
    } = params;
    // Parameters are of different types, so a page is a list for the compiler only.
    macro_rules! page {
        ($section:ident, $name:literal, $($param:expr),+ $(,)?) => {
            $section.add_page($name, |page| {
                $(page.add_param(&$param);)+
            })
        };
    }
    context.add_section("Tidepool", |section| {
        page!(
            section,
            "Main",
            filter.cutoff,
            filter.resonance,
            filter.filter_env,
            filter.drive,
            envelope.attack,
            envelope.decay,
            envelope.release,
            output.volume,
        );
        page!(
            section,
            "Filter and Envelope",
            filter.cutoff,
            filter.resonance,
            filter.drive,
            filter.keytrack,
            envelope.attack,
            envelope.decay,
            envelope.sustain,
            envelope.release,
        );
        page!(
            section,
            "Pitch and Voices",
            oscillator.tune,
            oscillator.vibrato_rate,
            oscillator.vibrato_depth,
            voice.bend_range,
            voice.velocity,
            voice.voices,
            output.external,
            output.volume,
        );
        page!(
            section,
            "MPE",
            voice.mpe_zone,
            voice.mpe_channels,
            voice.mpe_bend_range,
            voice.bend_range,
        );
    });
}
