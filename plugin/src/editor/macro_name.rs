//! The name of a macro, which the player types into the menu of its knob.

use egui::{Key, TextEdit, Ui};
use tidepool_dsp::Parameter;

use super::page_context::PageContext;
use super::sound::{Load, Sound};
use crate::presets::texts;

/// Returns the number of the macro whose knob moves `parameter`; `None` if none does.
pub fn number(parameter: Parameter) -> Option<usize> {
    (0..Parameter::MACROS).find(|&number| Parameter::macro_knob(number) == parameter)
}

/// Draws the field of the name of the macro `number`. Enter or the button renames it.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, number: usize) {
    let id = ui.scope_id().with("macro name");
    let origin = page.sound.origin();
    let present = origin.macro_name(number).unwrap_or_default();
    let typed = ui.data(|data| data.get_temp::<String>(id));
    let mut text = typed.unwrap_or_else(|| present.to_owned());
    let renames = ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut text)
            .id(id.with("field"))
            .hint_text("Name")
            .char_limit(texts::LONGEST_MACRO)
            .desired_width(110.0);
        let field = ui.add(field);
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_enabled_ui(text != present, |ui| ui.button("Rename").clicked())
            .inner
            || enter
    });
    if renames.inner {
        rename(page.sound, number, &text);
        ui.data_mut(|data| data.remove::<String>(id));
        ui.close();
    } else {
        ui.data_mut(|data| data.insert_temp(id, text));
    }
}

/// Names the macro `number`, as a step of the history; takes its name away if `text` is empty.
pub fn rename(sound: &mut dyn Sound, number: usize, text: &str) {
    let name = texts::one_line(text);
    let step = match name.as_str() {
        "" => format!("Macro {} without a name", number + 1),
        name => format!("Macro {} named {name}", number + 1),
    };
    let origin = sound.origin();
    if origin.macro_name(number).unwrap_or_default() != name {
        let renamed = origin.with_macro_name(number, &name);
        sound.load(Load::new(&[], renamed, &step));
    }
}
