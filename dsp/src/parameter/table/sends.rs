//! Send effects: chorus, delay and reverb.

use super::*;

once! { Sends, "Sends" {
    /// Send level of each voice to chorus and delay.
    SendDelay: "send_delay", "Delay Send", level(OFF);
    /// Send level of each voice to the reverb.
    SendReverb: "send_reverb", "Reverb Send", level(OFF);
    /// Rate of the chorus.
    ChorusRate: "chorus_rate", "Chorus Rate", global(Hertz, skewed(0.01, 10.0), 0.5);
    /// Depth of the chorus.
    ChorusDepth: "chorus_depth", "Chorus Depth", global(Percent, linear(0.0, 1.0), 0.4);
    /// Fraction of the delay send that goes to the chorus. The rest goes to the delay.
    ChorusMix: "chorus_mix", "Chorus Mix", global(Percent, linear(0.0, 1.0), 0.0);
    /// Return level of the chorus.
    ChorusLevel: "chorus_level", "Chorus Level", global(Level, linear(OFF, 6.0), 0.0);
    /// Send level of the chorus to the delay.
    ChorusDelay: "chorus_delay", "Chorus to Delay", global(Level, linear(OFF, 6.0), 0.0);
    /// Delay time in notes, synchronized to the tempo.
    DelayTime: "delay_time", "Delay Time", choice(&DELAY_NAMES, 4).low();
    /// Switch between a delay time synchronized to the tempo and a free one.
    DelaySync: "delay_sync", "Delay Sync", choice(&SWITCH, 1).low();
    /// Free delay time. The delay itself crossfades to a new one.
    DelayFreeTime: "delay_free_time", "Delay Free Time", global(Seconds, skewed(0.001, 2.0), 0.35).step();
    /// Feedback of the delay.
    DelayFeedback: "delay_feedback", "Delay Feedback", global(Percent, linear(0.0, 0.98), 0.35);
    /// Cutoff of the lowpass in the feedback.
    DelayTone: "delay_tone", "Delay Tone", global(Hertz, skewed(200.0, 20_000.0), 5000.0);
    /// Stereo width of the delay.
    DelayWidth: "delay_width", "Delay Width", global(Percent, linear(0.0, 1.0), 0.7);
    /// Return level of the delay.
    DelayLevel: "delay_level", "Delay Level", global(Level, linear(OFF, 6.0), 0.0);
    /// Send level of chorus and delay, after their return levels, to the reverb.
    DelayReverb: "delay_reverb", "Delay to Reverb", global(Level, linear(OFF, 6.0), OFF);
    /// Predelay of the reverb.
    ReverbPredelay: "reverb_predelay", "Reverb Predelay", global(Seconds, skewed(0.0, 0.25), 0.01);
    /// Room size.
    ReverbSize: "reverb_size", "Reverb Size", global(Percent, linear(0.0, 1.0), 0.6);
    /// Decay time of the reverb to −60 dB.
    ReverbDecay: "reverb_decay", "Reverb Decay", global(Seconds, skewed(0.1, 30.0), 2.0);
    /// Frequency above which the reverb decays faster.
    ReverbDamp: "reverb_damp", "Reverb Damp", global(Hertz, skewed(200.0, 20_000.0), 6000.0);
    /// Stereo width of the reverb.
    ReverbWidth: "reverb_width", "Reverb Width", global(Percent, linear(0.0, 1.0), 1.0);
    /// Return level of the reverb.
    ReverbLevel: "reverb_level", "Reverb Level", global(Level, linear(OFF, 6.0), 0.0);
} }
