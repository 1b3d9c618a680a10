//! Layout of the keyboard: seven white keys per octave side by side, and black keys over their joints.

use egui::{Pos2, Rect, pos2, vec2};
use std::ops::RangeInclusive;

/// Keys at octave 0: five octaves and the C on top of them, C1 to C6, where C4 is 60.
pub const KEYS: RangeInclusive<u8> = 24..=84;

/// Number of white keys below each key of an octave.
const WHITES_BELOW: [u8; 12] = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6];
/// Offset of each black key from its joint, in widths of a white key: as on a piano, so that the visible parts of the
/// white keys are about equally wide.
const OFFSETS: [f32; 12] = [
    0.0, -0.1, 0.0, 0.1, 0.0, 0.0, -0.13, 0.0, 0.0, 0.0, 0.13, 0.0,
];
/// Width and height of a black key, relative to a white one.
const BLACK_WIDTH: f32 = 0.6;
const BLACK_HEIGHT: f32 = 0.62;
/// Lowest and highest velocity that the mouse can play.
const VELOCITIES: (f32, f32) = (0.15, 1.0);

/// Rectangles of the keys within an area of the window.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    area: Rect,
    white_width: f32,
    /// Lowest key.
    first: u8,
}

/// Returns true if `key` is a black key.
pub fn is_black(key: u8) -> bool {
    matches!(key % 12, 1 | 3 | 6 | 8 | 10)
}

/// Returns the number of white keys below `key`, counted from key 0, a C.
fn whites_below(key: u8) -> u8 {
    key / 12 * 7 + WHITES_BELOW[usize::from(key % 12)]
}

impl Layout {
    /// Makes a layout that fills `area` with [`KEYS`] moved by `octave`, −2 to 3.
    pub fn new(area: Rect, octave: i8) -> Self {
        let whites = whites_below(*KEYS.end()) - whites_below(*KEYS.start()) + 1;
        Self {
            area,
            white_width: area.width() / f32::from(whites),
            first: (*KEYS.start() as i8 + 12 * octave) as u8,
        }
    }

    /// Returns the keys, from the lowest to the highest.
    pub fn keys(&self) -> RangeInclusive<u8> {
        self.first..=self.first + (*KEYS.end() - *KEYS.start())
    }

    /// Returns the rectangle of `key`; black keys lie over white ones.
    pub fn rect(&self, key: u8) -> Rect {
        let place = f32::from(whites_below(key) - whites_below(self.first));
        let joint = self.area.left() + place * self.white_width;
        if is_black(key) {
            let middle = joint + OFFSETS[usize::from(key % 12)] * self.white_width;
            let width = BLACK_WIDTH * self.white_width;
            let size = vec2(width, BLACK_HEIGHT * self.area.height());
            Rect::from_min_size(pos2(middle - width / 2.0, self.area.top()), size)
        } else {
            let size = vec2(self.white_width, self.area.height());
            Rect::from_min_size(pos2(joint, self.area.top()), size)
        }
    }

    /// Returns the key at `pos` and its velocity there: the nearer to the front edge, the higher, by the leverage of
    /// a real key.
    pub fn strike(&self, pos: Pos2) -> Option<(u8, f32)> {
        let key = self.key_at(pos)?;
        let rect = self.rect(key);
        let depth = ((pos.y - rect.top()) / rect.height()).clamp(0.0, 1.0);
        let (soft, loud) = VELOCITIES;
        Some((key, soft + depth * (loud - soft)))
    }

    /// Returns the key at `pos`.
    pub fn key_at(&self, pos: Pos2) -> Option<u8> {
        if !self.area.contains(pos) {
            return None;
        }
        let under = |key: &u8| self.rect(*key).contains(pos);
        let black = self.keys().filter(|key| is_black(*key)).find(under);
        // Rounding may leave the right edge outside of the last white key.
        let white = || self.keys().filter(|key| !is_black(*key)).find(under);
        black.or_else(white).or(Some(*self.keys().end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout::new(Rect::from_min_size(pos2(12.0, 500.0), vec2(796.0, 64.0)), 0)
    }

    #[test]
    fn every_key_is_reached_where_it_is_to_be_seen() {
        let layout = layout();
        for key in KEYS {
            let rect = layout.rect(key);
            // The front of a white key is not covered by black ones.
            let front = pos2(rect.center().x, rect.bottom() - 1.0);
            assert_eq!(layout.key_at(front), Some(key));
            assert!(layout.area.expand(1e-3).contains_rect(rect), "{key}");
        }
        assert_eq!(KEYS.filter(|key| !is_black(*key)).count(), 36);
    }

    #[test]
    fn black_keys_lie_over_white_ones_and_no_two_over_each_other() {
        let layout = layout();
        let black: Vec<_> = KEYS.filter(|key| is_black(*key)).collect();
        assert_eq!(black.len(), 25);
        for key in &black {
            let (rect, below, above) = (
                layout.rect(*key),
                layout.rect(key - 1),
                layout.rect(key + 1),
            );
            assert!(rect.left() > below.left() && rect.left() < below.right());
            assert!(rect.right() > above.left() && rect.right() < above.right());
            // The black key on both sides of the joint, and the white keys below its end.
            let joint = below.right();
            for (x, white) in [(joint - 2.0, key - 1), (joint + 2.0, key + 1)] {
                assert_eq!(layout.key_at(pos2(x, rect.bottom() - 1.0)), Some(*key));
                assert_eq!(layout.key_at(pos2(x, rect.bottom() + 1.0)), Some(white));
            }
        }
        for pair in black.windows(2) {
            assert!(layout.rect(pair[0]).right() < layout.rect(pair[1]).left());
        }
    }

    #[test]
    fn the_edges_belong_to_the_outermost_keys_and_nothing_beyond_them_does() {
        let layout = layout();
        let area = layout.area;
        assert_eq!(layout.key_at(area.left_bottom()), Some(24));
        assert_eq!(layout.key_at(area.left_top()), Some(24));
        assert_eq!(layout.key_at(area.right_bottom()), Some(84));
        assert_eq!(layout.key_at(area.right_top()), Some(84));
        for beyond in [
            area.left_center() - vec2(0.5, 0.0),
            area.right_center() + vec2(0.5, 0.0),
            area.center_top() - vec2(0.0, 0.5),
            area.center_bottom() + vec2(0.0, 0.5),
        ] {
            assert_eq!(layout.key_at(beyond), None, "{beyond:?}");
        }
    }

    #[test]
    fn no_place_on_the_strip_is_without_a_key() {
        let layout = layout();
        let mut last = 0;
        for x in 0..=7960 {
            let x = (12.0 + x as f32 / 10.0).min(layout.area.right());
            assert!(layout.key_at(pos2(x, 501.0)).is_some());
            let front = layout.key_at(pos2(x, 563.0)).expect("a white key");
            assert!(!is_black(front) && front >= last);
            last = front;
        }
    }

    #[test]
    fn a_key_is_louder_towards_its_front() {
        let layout = layout();
        for key in [60, 61] {
            let rect = layout.rect(key);
            let velocity = |part: f32| {
                let pos = pos2(rect.left() + 2.0, rect.top() + part * rect.height());
                let (struck, velocity) = layout.strike(pos).expect("a key");
                // The back of a white key may be covered by a black one.
                (struck == key).then_some(velocity)
            };
            let (Some(middle), Some(front)) = (velocity(0.7), velocity(0.999)) else {
                panic!("{key} is not where it is");
            };
            assert!(middle < front && front > 0.99 && front <= 1.0);
        }
        let (_, softest) = layout.strike(layout.area.left_top()).expect("a key");
        assert_eq!(softest, VELOCITIES.0);
    }
}
