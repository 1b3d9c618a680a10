//! The comparison of two sounds: a switch between A and B, and a menu that copies one to the other.

use std::path::Path;
use std::sync::Arc;

use egui::{Popup, Rect, Role, Stroke, StrokeKind, Ui, vec2};

use super::controls::toggle::{self, Toggle};
use super::controls::{choice, icon};
use super::layout;
use super::origin::Origin;
use super::presets::Browser;
use super::sound::{Load, Sound, differences};
use super::theme::Colours;
use crate::comparison::{Comparison, KeptSound, Side};
use crate::presets;

/// Width of the switch and of the menu's button, with the gap between them.
pub const WIDTH: f32 = SWITCH + GAP + COPY;
const SWITCH: f32 = 52.0;
const COPY: f32 = 26.0;
const GAP: f32 = 4.0;

/// Draws the switch and the button of the menu into `area`.
pub fn show(ui: &mut Ui, browser: &Browser, sound: &mut dyn Sound, area: Rect, colours: &Colours) {
    let folder = browser.list.folder();
    let mut room = area;
    let copy = layout::right(&mut room, COPY, GAP);
    let played = sound.comparison().played;
    for (side, cell) in [Side::A, Side::B]
        .into_iter()
        .zip(layout::columns(room, [1.0; 2], 0.0))
    {
        if half(ui, cell, side, side == played, colours) && side != played {
            switch(sound, folder);
        }
    }
    let button = icon::show(
        ui,
        copy,
        "Copy A or B",
        true,
        colours,
        |painter, centre, ink| {
            let stroke = Stroke::new(1.25, ink);
            for by in [vec2(-2.0, -2.0), vec2(2.0, 2.0)] {
                let sheet = Rect::from_center_size(centre + by, vec2(8.0, 9.0));
                painter.rect_filled(sheet.expand(1.0), 1.5, colours.trough);
                painter.rect_stroke(sheet, 1.5, stroke, StrokeKind::Middle);
            }
        },
    );
    let button = button.on_hover_text("Copies A to B, or B to A");
    Popup::menu(&button).show(|ui| {
        for from in [Side::A, Side::B] {
            if choice::item(ui, &copy_name(from), false, colours).clicked() {
                self::copy(sound, from, folder);
            }
        }
    });
}

/// Draws one half of the switch; returns true if it is clicked.
fn half(ui: &mut Ui, area: Rect, side: Side, played: bool, colours: &Colours) -> bool {
    let name = format!("Sound {}", side.name());
    let half = Toggle {
        name: &name,
        text: (side.name(), 13.0),
        role: Role::RadioButton,
    };
    let response = toggle::show(ui, area, half, played, colours);
    let hint = match played {
        true => format!("{name} is played"),
        false => format!(
            "Plays sound {} instead. Both are stored in the project.",
            side.name()
        ),
    };
    response.on_hover_text(hint).clicked()
}

fn copy_name(from: Side) -> String {
    format!("Copy {} to {}", from.name(), from.other().name())
}

/// Returns the played sound.
fn played(sound: &dyn Sound) -> Arc<KeptSound> {
    let origin = sound.origin();
    Arc::new(KeptSound {
        patch: sound.patch(),
        info: origin.info(),
        initial: origin == Origin::Initial,
    })
}

/// Returns the origin of a kept sound, whose preset may be in the user's `folder`.
fn origin(kept: &KeptSound, folder: Option<&Path>) -> Origin {
    match kept.initial {
        true => Origin::Initial,
        false => Origin::find(kept.info.clone(), folder),
    }
}

/// Plays the other sound and keeps the played one. `folder` has the user's presets.
pub fn switch(sound: &mut dyn Sound, folder: Option<&Path>) {
    let present = played(sound);
    let comparison = sound.comparison();
    let side = comparison.played.other();
    let (values, origin) = match comparison.other {
        Some(other) => {
            let patch = presets::over(&other.patch, &present.patch);
            (differences(sound, &patch), origin(&other, folder))
        }
        None => (Vec::new(), sound.origin()),
    };
    sound.load(Load {
        values: &values,
        origin,
        comparison: Some(Comparison {
            played: side,
            other: Some(present),
        }),
        name: &format!("Switch to {}", side.name()),
    });
}

/// Copies the sound of `from` to the other side. `folder` has the user's presets.
pub fn copy(sound: &mut dyn Sound, from: Side, folder: Option<&Path>) {
    let comparison = sound.comparison();
    let name = copy_name(from);
    if from == comparison.played {
        let copied = Comparison {
            other: Some(played(sound)),
            ..comparison
        };
        sound.load(Load {
            comparison: Some(copied),
            ..Load::new(&[], sound.origin(), &name)
        });
    } else if let Some(other) = comparison.other {
        let patch = presets::over(&other.patch, &sound.patch());
        let values = differences(sound, &patch);
        sound.load(Load::new(&values, origin(&other, folder), &name));
    }
}
