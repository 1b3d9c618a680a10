//! The plugin as nice-plug sees it.
use crate::params::TidepoolParams;
use nice_plug::prelude::*;
use std::num::NonZeroU32;
use std::sync::Arc;

/// One instance of the synthesizer.
pub struct Tidepool {
    params: Arc<TidepoolParams>,
}
impl Default for Tidepool {
    fn default() -> Self {
        Self {
            params: Arc::new(TidepoolParams::default()),
        }
    }
}

impl Plugin for Tidepool {
    const NAME: &'static str = "Tidepool";
    const VENDOR: &'static str = "Tidepool";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout {
        main_input_channels: None,
        main_output_channels: NonZeroU32::new(2),
        aux_input_ports: &[new_nonzero_u32(2)],
        names: PortNames {
            layout: Some("Stereo"),
            main_output: Some("Output"),
            aux_inputs: &["External"],
            ..PortNames::const_default()
        },
        ..AudioIOLayout::const_default()
    }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    const INPUT_EVENT_CAPACITY: usize = 16_384;
    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();
    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }
    fn process(
        &mut self,
        _buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        ProcessStatus::Normal
    }
}
impl ClapPlugin for Tidepool {
    const CLAP_ID: &'static str = "io.github.tidepool-audio.tidepool";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("A polyphonic synthesizer that shows its own workings");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::Instrument,
        ClapFeature::Synthesizer,
        ClapFeature::Stereo,
    ];
}
