//! A value that is being typed, in the place of the number that it will be.

use egui::{Align2, FontId, Id, Key, Rect, TextEdit, Ui, WidgetInfo, vec2};

use crate::editor::theme::Colours;

/// Which control is typed into, and what is there so far.
#[derive(Clone)]
struct Draft {
    control: Id,
    text: String,
    fresh: bool,
}

/// What came of it in this frame.
pub enum Typed {
    /// Nobody types here.
    Nothing,
    /// Somebody does.
    Draft,
    /// It is finished.
    Text(String),
}

fn key() -> Id {
    Id::unique("typing")
}

/// Somebody wants to type into `control`, where `text` is.
pub fn start(ui: &Ui, control: Id, text: String) {
    let draft = Draft {
        control,
        text,
        fresh: true,
    };
    ui.data_mut(|data| data.insert_temp(key(), draft));
}

/// Nobody types any more.
pub fn stop(ui: &Ui) {
    ui.data_mut(|data| data.remove::<Draft>(key()));
}

/// Draws what is typed into `control`, over `number`.
pub fn show(ui: &mut Ui, control: Id, number: Rect, colours: &Colours) -> Typed {
    let draft = ui.data(|data| data.get_temp::<Draft>(key()));
    let Some(mut draft) = draft.filter(|draft| draft.control == control) else {
        return Typed::Nothing;
    };
    let width = number.width().max(64.0);
    let area = Align2::CENTER_CENTER.align_size_within_rect(vec2(width, 16.0), number);
    let edit = TextEdit::singleline(&mut draft.text)
        .id(control.with("typing"))
        .font(FontId::proportional(10.5))
        .margin(vec2(2.0, 1.0))
        .align(Align2::CENTER_CENTER)
        .background_color(colours.window);
    let response = ui.put(area, edit);
    response.widget_info(|| WidgetInfo {
        label: Some("Value".to_owned()),
        ..WidgetInfo::text_edit(true, "", "", "")
    });
    if std::mem::take(&mut draft.fresh) {
        response.request_focus();
        ui.data_mut(|data| data.insert_temp(key(), draft));
        return Typed::Draft;
    }
    if response.lost_focus() || !response.has_focus() {
        stop(ui);
        return if ui.input(|input| input.key_pressed(Key::Enter)) {
            Typed::Text(draft.text)
        } else {
            Typed::Draft
        };
    }
    ui.data_mut(|data| data.insert_temp(key(), draft));
    Typed::Draft
}
