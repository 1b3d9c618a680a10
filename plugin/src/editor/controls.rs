//! Controls of parameters: knobs, faders, switches and menus.

pub mod choice;
pub mod context_menu;
pub mod fader;
pub mod icon;
pub mod knob;
pub mod midi_range;
mod param_input;
pub mod switch;
pub mod toggle;
mod typing;

use tidepool_dsp::Parameter;

/// Returns the name of `parameter` without its owner, for a card that already names the owner.
pub fn short(parameter: Parameter) -> &'static str {
    let spec = parameter.spec();
    let numbered = ["Osc ", "Op ", "Env ", "LFO ", "Slot "];
    let rest = numbered.iter().find_map(|owner| {
        let behind = spec.name.strip_prefix(owner)?;
        // The filter's "Osc B Amount" does not belong to an oscillator.
        let owned = spec.group.contains(behind.split(' ').next()?) || spec.group == "Matrix";
        behind.split_once(' ').filter(|_| owned)
    });
    rest.map_or(spec.name, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidepool_dsp::parameter::{LfoParameter, OperatorParameter, OscillatorParameter};

    #[test]
    fn names_on_cards_leave_their_owners_out() {
        assert_eq!(short(Parameter::Cutoff), "Cutoff");
        assert_eq!(short(Parameter::FilterFm), "Osc B Amount");
        assert_eq!(short(Parameter::FilterEnv), "Envelope 2 Amount");
        assert_eq!(short(Parameter::Attack), "Attack");
        let width = Parameter::oscillator(1, OscillatorParameter::Width);
        assert_eq!(short(width), "Width");
        assert_eq!(short(Parameter::lfo(2, LfoParameter::Fade)), "Fade In");
        let rate = Parameter::operator(5, OperatorParameter::Rate3);
        assert_eq!(short(rate), "Rate 3");
    }
}
