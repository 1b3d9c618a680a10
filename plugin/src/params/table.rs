//! The engine's table as nice-plug's parameters: the same order, ids and groups, which a test compares.

use nice_plug::prelude::*;

use super::AnyParam;
use super::maker::Maker;
use super::run::{Run, run};

run! {
    /// Every parameter, in its group.
    Table {
        #[nested(group = "Voice")] voice: VoiceParams,
        #[nested(group = "Mixer")] mixer: MixerParams,
        #[nested(group = "Filter")] filter: FilterParams,
        #[nested(group = "FM")] fm: FmParams,
        #[nested(group = "Sends")] sends: SendParams,
        #[nested(group = "Output")] output: OutputParams,
        #[nested(group = "Macros")] macros: MacroParams,
        #[nested] oscillators: Oscillators,
        #[nested] operators: Operators,
        #[nested(group = "FM Matrix")] modulators: ModulatorParams,
        #[nested] envelopes: Envelopes,
        #[nested] lfos: Lfos,
        #[nested(group = "Matrix")] slots: Slots,
    }
}

run! {
    /// How keys become voices.
    VoiceParams {
        #[id = "voices"] voices: IntParam,
        #[id = "mode"] mode: IntParam,
        #[id = "note_priority"] note_priority: IntParam,
        #[id = "glide"] glide: FloatParam,
        #[id = "glide_mode"] glide_mode: IntParam,
        #[id = "tune"] tune: FloatParam,
        #[id = "velocity"] velocity: FloatParam,
        #[id = "level"] level: FloatParam,
        #[id = "pan"] pan: FloatParam,
        #[id = "vibrato_rate"] vibrato_rate: IntParam,
        #[id = "vibrato_depth"] vibrato_depth: FloatParam,
        #[id = "bend_range"] bend_range: IntParam,
        #[id = "mpe_zone"] mpe_zone: IntParam,
        #[id = "mpe_channels"] mpe_channels: IntParam,
        #[id = "mpe_bend_range"] mpe_bend_range: IntParam,
    }
}

run! {
    /// What the sources give to the filter and past it.
    MixerParams {
        #[id = "sync"] sync: IntParam,
        #[id = "ring_level"] ring_level: FloatParam,
        #[id = "ring_pan"] ring_pan: FloatParam,
        #[id = "ring_route"] ring_route: IntParam,
        #[id = "fm_level"] fm_level: FloatParam,
        #[id = "fm_pan"] fm_pan: FloatParam,
        #[id = "fm_route"] fm_route: IntParam,
        #[id = "noise_level"] noise_level: FloatParam,
        #[id = "noise_pan"] noise_pan: FloatParam,
        #[id = "noise_route"] noise_route: IntParam,
        #[id = "noise_colour"] noise_colour: IntParam,
        #[id = "noise_rate"] noise_rate: FloatParam,
        #[id = "external"] external: FloatParam,
        #[id = "external_pan"] external_pan: FloatParam,
        #[id = "external_route"] external_route: IntParam,
    }
}

run! {
    /// The ladder.
    FilterParams {
        #[id = "cutoff"] cutoff: FloatParam,
        #[id = "resonance"] resonance: FloatParam,
        #[id = "drive"] drive: FloatParam,
        #[id = "keytrack"] keytrack: FloatParam,
        #[id = "filter_env"] filter_env: FloatParam,
        #[id = "filter_fm"] filter_fm: FloatParam,
        #[id = "filter_mode"] filter_mode: IntParam,
        #[id = "quality"] quality: IntParam,
    }
}

run! {
    /// Which operator moves which.
    FmParams {
        #[id = "fm_algorithm"] fm_algorithm: IntParam,
    }
}

run! {
    /// Chorus, delay and reverb.
    SendParams {
        #[id = "send_delay"] send_delay: FloatParam,
        #[id = "send_reverb"] send_reverb: FloatParam,
        #[id = "chorus_rate"] chorus_rate: FloatParam,
        #[id = "chorus_depth"] chorus_depth: FloatParam,
        #[id = "chorus_mix"] chorus_mix: FloatParam,
        #[id = "chorus_level"] chorus_level: FloatParam,
        #[id = "chorus_delay"] chorus_delay: FloatParam,
        #[id = "delay_time"] delay_time: IntParam,
        #[id = "delay_sync"] delay_sync: IntParam,
        #[id = "delay_free_time"] delay_free_time: FloatParam,
        #[id = "delay_feedback"] delay_feedback: FloatParam,
        #[id = "delay_tone"] delay_tone: FloatParam,
        #[id = "delay_width"] delay_width: FloatParam,
        #[id = "delay_level"] delay_level: FloatParam,
        #[id = "delay_reverb"] delay_reverb: FloatParam,
        #[id = "reverb_predelay"] reverb_predelay: FloatParam,
        #[id = "reverb_size"] reverb_size: FloatParam,
        #[id = "reverb_decay"] reverb_decay: FloatParam,
        #[id = "reverb_damp"] reverb_damp: FloatParam,
        #[id = "reverb_width"] reverb_width: FloatParam,
        #[id = "reverb_level"] reverb_level: FloatParam,
    }
}

run! {
    /// What leaves.
    OutputParams {
        #[id = "output_drive"] output_drive: FloatParam,
        #[id = "volume"] volume: FloatParam,
    }
}

run! {
    /// Knobs for what the matrix makes of them.
    MacroParams {
        #[id = "macro1"] macro1: FloatParam,
        #[id = "macro2"] macro2: FloatParam,
        #[id = "macro3"] macro3: FloatParam,
        #[id = "macro4"] macro4: FloatParam,
        #[id = "macro5"] macro5: FloatParam,
        #[id = "macro6"] macro6: FloatParam,
        #[id = "macro7"] macro7: FloatParam,
        #[id = "macro8"] macro8: FloatParam,
    }
}

run! {
    /// Both oscillators.
    Oscillators {
        #[nested(id_prefix = "osc_a", group = "Oscillator A")] a: OscillatorParams,
        #[nested(id_prefix = "osc_b", group = "Oscillator B")] b: OscillatorParams,
    }
}

run! {
    /// What each oscillator has.
    OscillatorParams {
        #[id = "shape"] shape: FloatParam,
        #[id = "width"] width: FloatParam,
        #[id = "pitch"] pitch: FloatParam,
        #[id = "fine"] fine: FloatParam,
        #[id = "unison"] unison: IntParam,
        #[id = "detune"] detune: FloatParam,
        #[id = "spread"] spread: FloatParam,
        #[id = "level"] level: FloatParam,
        #[id = "pan"] pan: FloatParam,
        #[id = "route"] route: IntParam,
    }
}

run! {
    /// All six operators.
    Operators {
        #[nested(id_prefix = "op1", group = "Operator 1")] op1: OperatorParams,
        #[nested(id_prefix = "op2", group = "Operator 2")] op2: OperatorParams,
        #[nested(id_prefix = "op3", group = "Operator 3")] op3: OperatorParams,
        #[nested(id_prefix = "op4", group = "Operator 4")] op4: OperatorParams,
        #[nested(id_prefix = "op5", group = "Operator 5")] op5: OperatorParams,
        #[nested(id_prefix = "op6", group = "Operator 6")] op6: OperatorParams,
    }
}

run! {
    /// What each operator has.
    OperatorParams {
        #[id = "mode"] mode: IntParam,
        #[id = "ratio"] ratio: FloatParam,
        #[id = "fixed"] fixed: FloatParam,
        #[id = "detune"] detune: FloatParam,
        #[id = "level"] level: FloatParam,
        #[id = "feedback"] feedback: FloatParam,
        #[id = "wave"] wave: IntParam,
        #[id = "velocity"] velocity: FloatParam,
        #[id = "key_level"] key_level: FloatParam,
        #[id = "key_rate"] key_rate: FloatParam,
        #[id = "rate1"] rate1: FloatParam,
        #[id = "rate2"] rate2: FloatParam,
        #[id = "rate3"] rate3: FloatParam,
        #[id = "rate4"] rate4: FloatParam,
        #[id = "level1"] level1: FloatParam,
        #[id = "level2"] level2: FloatParam,
        #[id = "level3"] level3: FloatParam,
        #[id = "level4"] level4: FloatParam,
        #[id = "output"] output: FloatParam,
    }
}

run! {
    /// How far operators move one another in the free algorithm.
    ModulatorParams {
        #[id = "fm_2_to_1"] fm_2_to_1: FloatParam,
        #[id = "fm_3_to_1"] fm_3_to_1: FloatParam,
        #[id = "fm_4_to_1"] fm_4_to_1: FloatParam,
        #[id = "fm_5_to_1"] fm_5_to_1: FloatParam,
        #[id = "fm_6_to_1"] fm_6_to_1: FloatParam,
        #[id = "fm_1_to_2"] fm_1_to_2: FloatParam,
        #[id = "fm_3_to_2"] fm_3_to_2: FloatParam,
        #[id = "fm_4_to_2"] fm_4_to_2: FloatParam,
        #[id = "fm_5_to_2"] fm_5_to_2: FloatParam,
        #[id = "fm_6_to_2"] fm_6_to_2: FloatParam,
        #[id = "fm_1_to_3"] fm_1_to_3: FloatParam,
        #[id = "fm_2_to_3"] fm_2_to_3: FloatParam,
        #[id = "fm_4_to_3"] fm_4_to_3: FloatParam,
        #[id = "fm_5_to_3"] fm_5_to_3: FloatParam,
        #[id = "fm_6_to_3"] fm_6_to_3: FloatParam,
        #[id = "fm_1_to_4"] fm_1_to_4: FloatParam,
        #[id = "fm_2_to_4"] fm_2_to_4: FloatParam,
        #[id = "fm_3_to_4"] fm_3_to_4: FloatParam,
        #[id = "fm_5_to_4"] fm_5_to_4: FloatParam,
        #[id = "fm_6_to_4"] fm_6_to_4: FloatParam,
        #[id = "fm_1_to_5"] fm_1_to_5: FloatParam,
        #[id = "fm_2_to_5"] fm_2_to_5: FloatParam,
        #[id = "fm_3_to_5"] fm_3_to_5: FloatParam,
        #[id = "fm_4_to_5"] fm_4_to_5: FloatParam,
        #[id = "fm_6_to_5"] fm_6_to_5: FloatParam,
        #[id = "fm_1_to_6"] fm_1_to_6: FloatParam,
        #[id = "fm_2_to_6"] fm_2_to_6: FloatParam,
        #[id = "fm_3_to_6"] fm_3_to_6: FloatParam,
        #[id = "fm_4_to_6"] fm_4_to_6: FloatParam,
        #[id = "fm_5_to_6"] fm_5_to_6: FloatParam,
    }
}

run! {
    /// All three envelopes. The first one was there before the others, and its ids say nothing of a number.
    Envelopes {
        #[nested(group = "Envelope 1")] env1: EnvelopeParams,
        #[nested(id_prefix = "env2", group = "Envelope 2")] env2: EnvelopeParams,
        #[nested(id_prefix = "env3", group = "Envelope 3")] env3: EnvelopeParams,
    }
}

run! {
    /// What each envelope has.
    EnvelopeParams {
        #[id = "delay"] delay: FloatParam,
        #[id = "attack"] attack: FloatParam,
        #[id = "hold"] hold: FloatParam,
        #[id = "decay"] decay: FloatParam,
        #[id = "sustain"] sustain: FloatParam,
        #[id = "release"] release: FloatParam,
        #[id = "attack_curve"] attack_curve: FloatParam,
        #[id = "decay_curve"] decay_curve: FloatParam,
        #[id = "release_curve"] release_curve: FloatParam,
        #[id = "retrigger"] retrigger: IntParam,
    }
}

run! {
    /// All three LFOs.
    Lfos {
        #[nested(id_prefix = "lfo1", group = "LFO 1")] lfo1: LfoParams,
        #[nested(id_prefix = "lfo2", group = "LFO 2")] lfo2: LfoParams,
        #[nested(id_prefix = "lfo3", group = "LFO 3")] lfo3: LfoParams,
    }
}

run! {
    /// What each LFO has.
    LfoParams {
        #[id = "shape"] shape: IntParam,
        #[id = "rate"] rate: FloatParam,
        #[id = "sync"] sync: IntParam,
        #[id = "fade"] fade: FloatParam,
        #[id = "phase"] phase: FloatParam,
        #[id = "mode"] mode: IntParam,
    }
}

run! {
    /// The sixteen slots of the modulation matrix.
    Slots {
        #[nested(id_prefix = "slot1")] slot1: SlotParams,
        #[nested(id_prefix = "slot2")] slot2: SlotParams,
        #[nested(id_prefix = "slot3")] slot3: SlotParams,
        #[nested(id_prefix = "slot4")] slot4: SlotParams,
        #[nested(id_prefix = "slot5")] slot5: SlotParams,
        #[nested(id_prefix = "slot6")] slot6: SlotParams,
        #[nested(id_prefix = "slot7")] slot7: SlotParams,
        #[nested(id_prefix = "slot8")] slot8: SlotParams,
        #[nested(id_prefix = "slot9")] slot9: SlotParams,
        #[nested(id_prefix = "slot10")] slot10: SlotParams,
        #[nested(id_prefix = "slot11")] slot11: SlotParams,
        #[nested(id_prefix = "slot12")] slot12: SlotParams,
        #[nested(id_prefix = "slot13")] slot13: SlotParams,
        #[nested(id_prefix = "slot14")] slot14: SlotParams,
        #[nested(id_prefix = "slot15")] slot15: SlotParams,
        #[nested(id_prefix = "slot16")] slot16: SlotParams,
    }
}

run! {
    /// What each slot of the modulation matrix has.
    SlotParams {
        #[id = "source"] source: IntParam,
        #[id = "via"] via: IntParam,
        #[id = "destination"] destination: IntParam,
        #[id = "amount"] amount: FloatParam,
    }
}
