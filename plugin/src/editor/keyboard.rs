//! The on-screen keyboard: played with the mouse, and with the computer's keyboard if that is switched on. Notes from
//! the host light its keys.

mod computer_keys;
mod layout;
mod performance;
mod pressed_keys;

use egui::{Align2, CornerRadius, Event, FontId, Key, Pos2, Rect, Sense, Ui, vec2};
use tidepool_dsp::engine::ModulationSnapshot;

use super::layout as areas;
use super::outbox::Outbox;
use super::theme::Colours;
use computer_keys::{ComputerKeys, Step};
use layout::{Layout, is_black};
use performance::Performance;
use pressed_keys::PressedKeys;

/// Gap between the controls and the keys.
const GAP: f32 = 8.0;
/// Key of the lowest computer key at octave 0: middle C.
const COMPUTER_BASE: i8 = 60;

/// Returns the height of the keyboard in a window of this height: 64 points at 720, less where pages need the room.
pub fn height(window: f32) -> f32 {
    (52.0 + (window - 600.0) / 10.0).clamp(52.0, 96.0).round()
}

/// Returns true if `key` of the computer plays a note or changes the octave, where that is switched on.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "elsewhere, baseview hands keys back by itself")
)]
pub fn plays(key: Key) -> bool {
    matches!(key, Key::Z | Key::X) || computer_keys::KEYS.iter().any(|(known, _)| *known == key)
}

/// State of the keyboard, independent of how it is drawn.
#[derive(Debug, Default)]
pub struct Keyboard {
    mouse: Mouse,
    computer: ComputerKeys,
    keys: PressedKeys,
    performance: Performance,
}

/// State of the pointer on the keys.
#[derive(Debug, Default)]
struct Mouse {
    /// True while a press that began on the keys goes on.
    grasped: bool,
    /// Key under the pointer, even if its key-down was refused.
    touched: Option<u8>,
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
    /// True if Shift is down, which holds the notes that are released.
    shift: bool,
    /// Key under the pointer, and the velocity at its position.
    strike: Option<(u8, f32)>,
}

impl Keyboard {
    /// Handles the pointer for one frame. A press that is over within one frame sounds until the next.
    fn follow(&mut self, pointer: Pointer, outbox: &mut Outbox) {
        let Self { mouse, keys, .. } = self;
        mouse.grasped = !pointer.gone && (pointer.pressed || (mouse.grasped && pointer.held));
        let strike = pointer.strike.filter(|_| mouse.grasped);
        mouse.grasped &= pointer.held;

        let key = strike.map(|(key, _)| key);
        if key != mouse.touched || pointer.pressed {
            if let Some(key) = mouse.touched {
                keys.release(key, pointer.shift, outbox);
            }
            mouse.touched = key;
            if let Some((key, velocity)) = strike {
                keys.press(key, velocity, outbox);
            }
        }
        if !pointer.shift {
            keys.end_hold(outbox);
        }
    }

    /// Plays the computer keys of one frame, if they are switched on.
    fn type_keys(&mut self, ui: &Ui, outbox: &mut Outbox) {
        let writes = ui.ctx().text_edit_focused();
        let left = |event: &Event| matches!(event, Event::WindowFocused(false));
        let is_left = ui.input(|input| input.events.iter().any(left));
        if !self.performance.computer_keys || writes || is_left {
            self.computer.release_all(&mut self.keys, outbox);
            return;
        }
        let velocity = f32::from(self.performance.velocity) / 127.0;
        let base = computer_base(self.performance.octave);
        let steps = ui.input(|input| {
            let events = &input.events;
            (self.computer).follow(events, base, velocity, &mut self.keys, outbox)
        });
        for step in steps {
            self.performance.shift(match step {
                Step::OctaveDown => -1,
                Step::OctaveUp => 1,
            });
        }
    }

    /// Returns true if the computer's keys play notes.
    pub fn has_computer_keys(&self) -> bool {
        self.performance.computer_keys
    }

    /// Releases all keys that are down.
    pub fn let_go(&mut self, outbox: &mut Outbox) {
        self.mouse = Mouse::default();
        self.computer.release_all(&mut self.keys, outbox);
        self.keys.clear(outbox);
    }
}

/// Returns the key that the lowest computer key plays at `octave`, −2 to 3.
fn computer_base(octave: i8) -> u8 {
    (COMPUTER_BASE + 12 * octave) as u8
}

/// Draws the keyboard across the available width, and plays it with pointer and computer keys. `monitor` shows the notes
/// and controllers of the host.
pub fn show(
    ui: &mut Ui,
    height: f32,
    keyboard: &mut Keyboard,
    outbox: &mut Outbox,
    monitor: &ModulationSnapshot,
    colours: &Colours,
) {
    let size = vec2(ui.available_width(), height);
    let (mut area, response) = ui.allocate_exact_size(size, Sense::drag());
    let controls = areas::left(&mut area, performance::WIDTH, GAP);
    keyboard.type_keys(ui, outbox);
    let layout = Layout::new(area, keyboard.performance.octave);
    let over = response.contains_pointer();
    let loudest = f32::from(keyboard.performance.velocity) / 127.0;
    let pointer = ui.input(|input| Pointer {
        pressed: over
            && input.pointer.primary_pressed()
            && (input.pointer.interact_pos()).is_some_and(|pos| area.contains(pos)),
        held: input.pointer.primary_down(),
        gone: input.events.contains(&Event::PointerGone),
        shift: input.modifiers.shift,
        strike: (input.pointer.interact_pos())
            .and_then(|pos| layout.strike(pos))
            .map(|(key, velocity)| (key, velocity * loudest)),
    });
    keyboard.follow(pointer, outbox);
    let is_over = keyboard.mouse.touched.is_some() && !keyboard.mouse.grasped;
    if is_over || keyboard.computer.is_ending() {
        // The next frame ends a press that was over within this one.
        ui.ctx().request_repaint();
    }
    (keyboard.performance).show(ui, controls, outbox, monitor, colours);
    if ui.is_rect_visible(area) {
        let is_down = |key| keyboard.keys.is_down(key) || monitor.is_down(key);
        paint(ui, &layout, is_down, colours);
        if keyboard.performance.computer_keys {
            paint_letters(ui, &layout, keyboard.performance.octave, is_down, colours);
        }
    }
}

fn paint(ui: &Ui, layout: &Layout, is_down: impl Fn(u8) -> bool, colours: &Colours) {
    let painter = ui.painter();
    // Snapped to whole pixels, or some gaps would be wider than others.
    let pixel = 1.0 / ui.pixels_per_point();
    let snap = |pos: Pos2| (pos / pixel).round() * pixel;
    let key = |key, gap, rest, radius| {
        let rect = layout.rect(key);
        let rect = Rect::from_min_max(snap(rect.min) + vec2(gap, 0.0), snap(rect.max));
        let fill = if is_down(key) { colours.accent } else { rest };
        let corners = CornerRadius {
            sw: radius,
            se: radius,
            ..CornerRadius::ZERO
        };
        painter.rect_filled(rect, corners, fill);
        rect
    };
    for white in layout.keys().filter(|key| !is_black(*key)) {
        let first = white == *layout.keys().start();
        let rect = key(white, if first { 0.0 } else { pixel }, colours.ivory, 3);
        if !first {
            let joint = snap(layout.rect(white).min).x;
            let line =
                Rect::from_x_y_ranges(joint..=joint + pixel, rect.top()..=rect.bottom() - 2.0);
            painter.rect_filled(line, 0.0, colours.joint);
        }
        if white % 12 == 0 {
            let octave = i32::from(white / 12) - 1;
            let ink = if is_down(white) {
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
    for black in layout.keys().filter(|key| is_black(*key)) {
        key(black, 0.0, colours.ebony, 2);
    }
}

/// Writes the computer's letters on the keys that they play.
fn paint_letters(
    ui: &Ui,
    layout: &Layout,
    octave: i8,
    is_down: impl Fn(u8) -> bool,
    colours: &Colours,
) {
    let base = computer_base(octave);
    for (key, (_, letter)) in (base..).zip(computer_keys::KEYS) {
        if !layout.keys().contains(&key) {
            continue;
        }
        let rect = layout.rect(key);
        // White keys show theirs above the name of the octave, and below the black keys.
        let (at, ink) = match is_black(key) {
            true => (rect.center_bottom() - vec2(0.0, 8.0), colours.ivory),
            false => (rect.center_bottom() - vec2(0.0, 19.0), colours.ebony),
        };
        let ink = if is_down(key) { colours.window } else { ink };
        let font = FontId::proportional(10.0);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, letter, font, ink);
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
        assert!(!keyboard.keys.is_down(60) && !keyboard.keys.is_down(61));
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
                    shift: any(4) == 0,
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
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 200.0))),
                events,
                ..RawInput::default()
            };
            blocks += 1;
            outbox.maintain(blocks);
            let mut drawn = context.run_ui(input, |ui| {
                let whole = ui.available_rect_before_wrap();
                area = Rect::from_min_size(whole.min, vec2(whole.width(), 64.0));
                area.min.x += performance::WIDTH + GAP;
                let colours = super::super::theme::Theme::Dark.colours();
                let monitor = ModulationSnapshot::default();
                show(ui, 64.0, &mut keyboard, &mut outbox, &monitor, colours);
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
        let layout = Layout::new(frame(Vec::new()), 0);
        for key in layout.keys() {
            let rect = layout.rect(key);
            let pos = pos2(rect.center().x, rect.bottom() - 1.0);
            frame(vec![Event::PointerMoved(pos)]);
            frame(vec![button(pos, true)]);
            frame(vec![button(pos, false)]);
            let sent = queue.drain();
            assert!(
                matches!(sent[..], [Command::KeyDown { key: a, velocity }, Command::KeyUp { key: b }]
                    if (a, b) == (key, key) && (0.75..0.8).contains(&velocity)),
                "{key}: {sent:?}"
            );
        }
    }

    /// A keyboard whose computer keys are switched on, with notes from the host.
    fn picture(theme: super::super::theme::Theme, scale: f32, name: &str) {
        let mut keyboard = Keyboard::default();
        keyboard.performance.computer_keys = true;
        let (mut outbox, _queue) = Glass::of(64);
        let mut monitor = ModulationSnapshot {
            keys: [1 << 48 | 1 << 55, 1 << 0],
            sustain: 1,
            known: u64::MAX,
            ..ModulationSnapshot::default()
        };
        monitor.sources[tidepool_dsp::engine::Source::Bend as usize] = 0.5;
        monitor.sources[tidepool_dsp::engine::Source::ModWheel as usize] = 0.3;
        let mut harness = egui_kittest::Harness::builder()
            .with_size(vec2(976.0, 64.0))
            .with_pixels_per_point(scale)
            .build_ui(move |ui| {
                theme.apply(ui.ctx());
                let whole = ui.ctx().content_rect();
                ui.set_clip_rect(whole);
                ui.painter().rect_filled(whole, 0.0, theme.colours().window);
                ui.scope_builder(egui::UiBuilder::new().max_rect(whole), |ui| {
                    show(
                        ui,
                        64.0,
                        &mut keyboard,
                        &mut outbox,
                        &monitor,
                        theme.colours(),
                    );
                });
            });
        harness.run();
        let options = egui_kittest::SnapshotOptions::new()
            .threshold(2.0)
            .max_failed_pixels(10);
        harness.snapshot_options(name, &options);
    }

    #[test]
    fn notes_of_the_host_light_keys_and_wheels_show_its_controllers() {
        picture(super::super::theme::Theme::Dark, 1.0, "keyboard");
    }

    #[test]
    fn the_keyboard_by_daylight_on_a_fine_screen() {
        picture(super::super::theme::Theme::Light, 2.0, "keyboard-light-2x");
    }
}
