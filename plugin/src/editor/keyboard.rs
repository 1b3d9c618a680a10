//! The on-screen keyboard, played with the mouse one key at a time.

mod layout;

use egui::{Align2, CornerRadius, Event, FontId, Pos2, Rect, Sense, Ui, vec2};

use super::outbox::Outbox;
use super::theme::Colours;
use layout::{KEYS, Layout, is_black};

/// Height of the keyboard.
pub const HEIGHT: f32 = 64.0;

/// State of the keyboard, independent of how it is drawn.
#[derive(Debug, Default)]
pub struct Keyboard {
    /// True while a press that began on the keys goes on.
    grasped: bool,
    /// Key under the pointer, even if its key-down was refused.
    touched: Option<u8>,
    /// Key that was sent down and has to be sent up.
    down: Option<u8>,
}

/// Pointer input of one frame.
#[derive(Clone, Copy, Debug, Default)]
struct Pointer {
    /// True if the button went down on the keys.
    pressed: bool,
    /// True if the button is down at the end of the frame.
    held: bool,
    /// True if the pointer left the window; after that, the button may be released unseen.
    gone: bool,
    /// Key under the pointer, and the velocity at its position.
    strike: Option<(u8, f32)>,
}

impl Keyboard {
    /// Handles the pointer for one frame. A press that is over within one frame sounds until the next.
    fn follow(&mut self, pointer: Pointer, outbox: &mut Outbox) {
        self.grasped = !pointer.gone && (pointer.pressed || (self.grasped && pointer.held));
        let strike = pointer.strike.filter(|_| self.grasped);
        self.grasped &= pointer.held;

        let key = strike.map(|(key, _)| key);
        if key == self.touched && !pointer.pressed {
            return;
        }
        self.touched = key;
        if let Some(key) = self.down.take() {
            outbox.key_up(key);
        }
        if let Some((key, velocity)) = strike
            && outbox.key_down(key, velocity)
        {
            self.down = Some(key);
        }
    }

    /// Releases the key that is down.
    pub fn let_go(&mut self, outbox: &mut Outbox) {
        self.follow(
            Pointer {
                gone: true,
                ..Pointer::default()
            },
            outbox,
        );
    }
}

/// Draws the keyboard across the available width, and plays it with the pointer.
pub fn show(ui: &mut Ui, keyboard: &mut Keyboard, outbox: &mut Outbox, colours: &Colours) {
    let size = vec2(ui.available_width(), HEIGHT);
    let (area, response) = ui.allocate_exact_size(size, Sense::drag());
    let layout = Layout::new(area);
    let over = response.contains_pointer();
    let pointer = ui.input(|input| Pointer {
        pressed: over && input.pointer.primary_pressed(),
        held: input.pointer.primary_down(),
        gone: input.events.contains(&Event::PointerGone),
        strike: (input.pointer.interact_pos()).and_then(|pos| layout.strike(pos)),
    });
    keyboard.follow(pointer, outbox);
    if ui.is_rect_visible(area) {
        paint(ui, &layout, keyboard.down, colours);
    }
}

fn paint(ui: &Ui, layout: &Layout, down: Option<u8>, colours: &Colours) {
    let painter = ui.painter();
    // Snapped to whole pixels, or some gaps would be wider than others.
    let pixel = 1.0 / ui.pixels_per_point();
    let snap = |pos: Pos2| (pos / pixel).round() * pixel;
    let key = |key, gap, rest, radius| {
        let rect = layout.rect(key);
        let rect = Rect::from_min_max(snap(rect.min) + vec2(gap, 0.0), snap(rect.max));
        let fill = if down == Some(key) {
            colours.accent
        } else {
            rest
        };
        let corners = CornerRadius {
            sw: radius,
            se: radius,
            ..CornerRadius::ZERO
        };
        painter.rect_filled(rect, corners, fill);
        rect
    };
    for white in KEYS.filter(|key| !is_black(*key)) {
        let first = white == *KEYS.start();
        let rect = key(white, if first { 0.0 } else { pixel }, colours.ivory, 3);
        if !first {
            let joint = snap(layout.rect(white).min).x;
            let line =
                Rect::from_x_y_ranges(joint..=joint + pixel, rect.top()..=rect.bottom() - 2.0);
            painter.rect_filled(line, 0.0, colours.joint);
        }
        if white % 12 == 0 {
            let octave = i32::from(white / 12) - 1;
            let ink = if down == Some(white) {
                colours.window
            } else {
                colours.ebony
            };
            painter.text(
                rect.center_bottom() - vec2(0.0, 4.0),
                Align2::CENTER_BOTTOM,
                format!("C{octave}"),
                FontId::proportional(10.0),
                ink,
            );
        }
    }
    for black in KEYS.filter(|key| is_black(*key)) {
        key(black, 0.0, colours.ebony, 2);
    }
}

#[cfg(test)]
mod tests {
    use super::super::outbox::tests::{Glass, down, up};
    use super::*;
    use egui::{Context, Modifiers, PointerButton, RawInput, pos2};
    use tidepool_dsp::Command;

    fn at(key: u8) -> Pointer {
        Pointer {
            held: true,
            strike: Some((key, 0.5)),
            ..Pointer::default()
        }
    }

    fn press(key: u8) -> Pointer {
        Pointer {
            pressed: true,
            ..at(key)
        }
    }

    fn release(key: u8) -> Pointer {
        Pointer {
            held: false,
            ..at(key)
        }
    }

    /// Returns the commands for `frames` of pointer input, from a queue that is drained after each.
    fn played(frames: &[Pointer]) -> Vec<Command> {
        let (mut outbox, queue) = Glass::of(64);
        let mut keyboard = Keyboard::default();
        let mut sent = Vec::new();
        for (block, frame) in frames.iter().enumerate() {
            outbox.maintain(block as u64);
            keyboard.follow(*frame, &mut outbox);
            sent.extend(queue.drain());
        }
        sent
    }

    #[test]
    fn a_press_sounds_until_its_release() {
        assert_eq!(played(&[press(60), at(60), at(60)]), [down(60)]);
        let all = [press(60), at(60), release(60), Pointer::default()];
        assert_eq!(played(&all), [down(60), up(60)]);
        // A press shorter than a frame, twice on the same key.
        let quick = Pointer {
            held: false,
            ..press(60)
        };
        let frames = [quick, quick, Pointer::default()];
        assert_eq!(played(&frames), [down(60), up(60), down(60), up(60)]);
    }

    #[test]
    fn dragging_glides_from_key_to_key_and_pauses_beside_them() {
        let beside = Pointer {
            held: true,
            ..Pointer::default()
        };
        let frames = [press(60), at(61), beside, beside, at(62), release(62)];
        let glide = [down(60), up(60), down(61), up(61), down(62), up(62)];
        assert_eq!(played(&frames), glide);
        // The button may be released anywhere.
        let frames = [press(60), Pointer::default(), at(62)];
        assert_eq!(played(&frames), [down(60), up(60)]);
    }

    #[test]
    fn what_begins_elsewhere_plays_nothing() {
        assert_eq!(played(&[at(60), at(61), release(61)]), []);
    }

    #[test]
    fn a_pointer_that_leaves_the_window_lets_go_and_does_not_play_when_it_returns() {
        let leaves = Pointer {
            gone: true,
            ..at(60)
        };
        // The button is released outside the window, which sends no event.
        let frames = [press(60), leaves, at(62), at(64)];
        assert_eq!(played(&frames), [down(60), up(60)]);
        let frames = [press(60), leaves, at(62), press(64), release(64)];
        assert_eq!(played(&frames), [down(60), up(60), down(64), up(64)]);
    }

    #[test]
    fn letting_go_is_once_and_for_all() {
        let (mut outbox, queue) = Glass::of(64);
        let mut keyboard = Keyboard::default();
        keyboard.follow(press(60), &mut outbox);
        keyboard.let_go(&mut outbox);
        keyboard.let_go(&mut outbox);
        keyboard.follow(at(60), &mut outbox);
        assert_eq!(queue.drain(), [down(60), up(60)]);
    }

    #[test]
    fn a_key_that_finds_the_queue_full_stays_silent_and_what_sounds_is_ended_later() {
        let (mut outbox, queue) = Glass::of(1);
        let mut keyboard = Keyboard::default();
        keyboard.follow(press(60), &mut outbox);
        keyboard.follow(at(61), &mut outbox);
        assert_eq!(keyboard.down, None);
        assert_eq!(outbox.refused(), 2);
        for _ in 0..3 {
            outbox.maintain(0);
            keyboard.follow(at(61), &mut outbox);
        }
        assert_eq!(outbox.refused(), 2);
        assert_eq!(queue.drain(), [down(60)]);
        outbox.maintain(1);
        keyboard.follow(release(61), &mut outbox);
        assert_eq!(queue.drain(), [up(60)]);
        assert_eq!(queue.drain(), []);
    }

    #[test]
    fn whatever_the_pointer_does_every_key_that_went_down_goes_up() {
        // A linear congruential generator is random enough.
        let mut state = 1_u32;
        let mut any = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        for room in [1, 2, 3, 64] {
            let (mut outbox, queue) = Glass::of(room);
            let mut keyboard = Keyboard::default();
            let mut sounding = Vec::new();
            let mut hear = |commands: Vec<Command>| {
                for command in commands {
                    match command {
                        Command::KeyDown { key, .. } => {
                            assert!(!sounding.contains(&key), "{key} goes down twice");
                            sounding.push(key);
                        }
                        Command::KeyUp { key } => sounding.retain(|sounds| *sounds != key),
                        other => panic!("{other:?}"),
                    }
                }
                sounding.len()
            };
            for block in 0..10_000 {
                outbox.maintain(block);
                let pointer = Pointer {
                    pressed: any(4) == 0,
                    held: any(4) > 0,
                    gone: any(8) == 0,
                    strike: (any(8) > 0).then(|| (60 + any(5) as u8, 0.5)),
                };
                keyboard.follow(pointer, &mut outbox);
                if any(3) == 0 {
                    hear(queue.drain());
                }
            }
            hear(queue.drain());
            keyboard.let_go(&mut outbox);
            for block in 0..4 {
                hear(queue.drain());
                outbox.maintain(block);
            }
            assert_eq!(hear(queue.drain()), 0, "with room for {room}");
        }
    }

    #[test]
    fn the_drawn_keys_are_those_that_play() {
        let (mut outbox, queue) = Glass::of(64);
        let mut keyboard = Keyboard::default();
        let context = Context::default();
        let (mut area, mut blocks) = (Rect::NOTHING, 0);
        let mut frame = |events: Vec<Event>| {
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(796.0, 200.0))),
                events,
                ..RawInput::default()
            };
            blocks += 1;
            outbox.maintain(blocks);
            let mut drawn = context.run_ui(input, |ui| {
                area = Rect::from_min_size(
                    ui.available_rect_before_wrap().min,
                    vec2(ui.available_width(), HEIGHT),
                );
                let colours = super::super::theme::Theme::Dark.colours();
                show(ui, &mut keyboard, &mut outbox, colours);
            });
            drawn.textures_delta.clear();
            area
        };
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let layout = Layout::new(frame(Vec::new()));
        for key in KEYS {
            let rect = layout.rect(key);
            let pos = pos2(rect.center().x, rect.bottom() - 1.0);
            frame(vec![Event::PointerMoved(pos)]);
            frame(vec![button(pos, true)]);
            frame(vec![button(pos, false)]);
            let sent = queue.drain();
            assert!(
                matches!(sent[..], [Command::KeyDown { key: a, velocity }, Command::KeyUp { key: b }]
                    if (a, b) == (key, key) && velocity > 0.9),
                "{key}: {sent:?}"
            );
        }
    }
}
