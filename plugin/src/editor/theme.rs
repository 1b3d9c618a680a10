//! The colours of the editor, dark and light.

use egui::{Color32, Context, CornerRadius, Stroke, Visuals};

/// Set of colours in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Bright text on a dark ground.
    Dark,
    /// Dark text on a bright ground.
    Light,
}

/// Colours that the panels are painted with.
#[derive(Debug)]
pub struct Colours {
    /// Background of the window.
    pub window: Color32,
    /// Background of a card.
    pub card: Color32,
    /// Unfilled part of bars, and background of buttons.
    pub trough: Color32,
    /// Main text.
    pub text: Color32,
    /// Secondary text.
    pub quiet: Color32,
    /// Accent: titles, values and selected buttons.
    pub accent: Color32,
    /// Filled part of a bar that has text on it.
    pub fill: Color32,
    /// Modulation and other live values.
    pub modulation: Color32,
    /// Values near a limit.
    pub warning: Color32,
    /// Values past a limit.
    pub danger: Color32,
    /// White keys.
    pub ivory: Color32,
    /// Black keys, and text on the white keys.
    pub ebony: Color32,
    /// Lines between keys.
    pub joint: Color32,
    /// Series of a plot: the palette of Okabe and Ito, which colour-blind readers can tell apart.
    pub series: [Color32; 8],
    /// Text on the colours of the series.
    pub on_series: Color32,
}

const DARK: Colours = Colours {
    window: Color32::from_rgb(0x0e, 0x16, 0x1b),
    card: Color32::from_rgb(0x17, 0x22, 0x29),
    trough: Color32::from_rgb(0x24, 0x33, 0x3c),
    text: Color32::from_rgb(0xe4, 0xec, 0xee),
    quiet: Color32::from_rgb(0x93, 0xa5, 0xad),
    accent: Color32::from_rgb(0x3c, 0xc2, 0xb2),
    fill: Color32::from_rgb(0x1f, 0x63, 0x60),
    modulation: Color32::from_rgb(0xf0, 0x9a, 0x4e),
    warning: Color32::from_rgb(0xe8, 0xb2, 0x4a),
    danger: Color32::from_rgb(0xec, 0x6a, 0x5e),
    ivory: Color32::from_rgb(0xc3, 0xcf, 0xd2),
    ebony: Color32::from_rgb(0x1b, 0x28, 0x30),
    joint: Color32::from_rgb(0x0e, 0x16, 0x1b),
    series: [
        Color32::from_rgb(0xe6, 0x9f, 0x00),
        Color32::from_rgb(0x56, 0xb4, 0xe9),
        Color32::from_rgb(0x00, 0x9e, 0x73),
        Color32::from_rgb(0xf0, 0xe4, 0x42),
        Color32::from_rgb(0x29, 0x86, 0xc4),
        Color32::from_rgb(0xe0, 0x6c, 0x1f),
        Color32::from_rgb(0xcc, 0x79, 0xa7),
        Color32::from_rgb(0xa0, 0xa8, 0xac),
    ],
    on_series: Color32::from_rgb(0x0e, 0x16, 0x1b),
};

const LIGHT: Colours = Colours {
    window: Color32::from_rgb(0xe9, 0xef, 0xf0),
    card: Color32::from_rgb(0xfb, 0xfd, 0xfd),
    trough: Color32::from_rgb(0xd3, 0xde, 0xe1),
    text: Color32::from_rgb(0x16, 0x25, 0x2b),
    quiet: Color32::from_rgb(0x52, 0x66, 0x6e),
    accent: Color32::from_rgb(0x0d, 0x80, 0x74),
    fill: Color32::from_rgb(0x6e, 0xbb, 0xb0),
    modulation: Color32::from_rgb(0xc9, 0x55, 0x00),
    warning: Color32::from_rgb(0x8f, 0x59, 0x00),
    danger: Color32::from_rgb(0xb8, 0x32, 0x28),
    ivory: Color32::from_rgb(0xfb, 0xfd, 0xfd),
    ebony: Color32::from_rgb(0x2b, 0x3c, 0x44),
    joint: Color32::from_rgb(0xa6, 0xb6, 0xbb),
    // Darker than in the dark theme, for contrast with the bright ground.
    series: [
        Color32::from_rgb(0xd0, 0x8c, 0x00),
        Color32::from_rgb(0x2a, 0x86, 0xbd),
        Color32::from_rgb(0x00, 0x8c, 0x66),
        Color32::from_rgb(0xc9, 0xb8, 0x12),
        Color32::from_rgb(0x00, 0x5f, 0x9c),
        Color32::from_rgb(0xc9, 0x55, 0x00),
        Color32::from_rgb(0xb8, 0x60, 0x92),
        Color32::from_rgb(0x7c, 0x88, 0x8e),
    ],
    on_series: Color32::from_rgb(0xff, 0xff, 0xff),
};

impl Theme {
    /// Returns the colours of this theme.
    pub fn colours(self) -> &'static Colours {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }

    /// Returns the other theme.
    pub fn other(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Dark,
        }
    }

    /// Returns the name, as on a button and in the user's settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// Returns the theme with this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Dark, Self::Light]
            .into_iter()
            .find(|theme| theme.name() == name)
    }

    /// Applies the theme to egui's own widgets.
    pub fn apply(self, context: &Context) {
        let colours = self.colours();
        let mut visuals = match self {
            Self::Dark => Visuals::dark(),
            Self::Light => Visuals::light(),
        };
        visuals.panel_fill = colours.window;
        visuals.window_fill = colours.card;
        visuals.window_stroke = Stroke::new(1.0, colours.quiet);
        visuals.window_corner_radius = CornerRadius::same(8);
        visuals.override_text_color = Some(colours.text);
        visuals.selection.bg_fill = colours.accent;
        visuals.selection.stroke = Stroke::new(1.0, colours.window);
        let widgets = &mut visuals.widgets;
        for state in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
            &mut widgets.noninteractive,
            &mut widgets.open,
        ] {
            state.bg_fill = colours.trough;
            state.weak_bg_fill = colours.trough;
            state.corner_radius = CornerRadius::same(4);
        }
        widgets.hovered.bg_stroke = Stroke::new(1.0, colours.accent);
        widgets.active.bg_stroke = Stroke::new(1.0, colours.accent);
        context.set_visuals(visuals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the relative luminance by WCAG 2.2.
    fn luminance(colour: Color32) -> f32 {
        let linear = |part: u8| match f32::from(part) / 255.0 {
            part if part <= 0.04045 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        let [r, g, b, _] = colour.to_array().map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    #[test]
    fn small_letters_can_be_read_and_fills_be_told_from_their_troughs() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        for theme in [Theme::Dark, Theme::Light] {
            let colours = theme.colours();
            for ground in [colours.card, colours.window] {
                for ink in [colours.text, colours.quiet, colours.warning, colours.danger] {
                    let contrast = contrast(ink, ground);
                    assert!(contrast >= 4.5, "{theme:?}: {contrast} of {ink:?}");
                }
            }
            assert!(contrast(colours.text, colours.fill) >= 4.5, "{theme:?}");
            let fill = contrast(colours.fill, colours.trough);
            assert!(fill >= 1.6, "{theme:?}: {fill}");
        }
    }
}
