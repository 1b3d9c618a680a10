//! The page as pictures and as text, with figures that a real block profiler records on a mocked clock.

mod scene;

use std::time::Duration;

use egui::{CentralPanel, Frame, Key, Margin, OutputCommand, UiBuilder, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::Verdict;

use super::{Page, PageAction, View};
use crate::editor::theme::Theme;
use crate::editor::{GAP, ROOM, header, status};
use crate::telemetry::Overview;

/// The page and the actions that it asked for.
struct PageContext {
    page: Page,
    theme: Theme,
    actions: Vec<PageAction>,
}

/// Makes the page in a window as large as the editor's, under its header.
fn page(overview: Overview, theme: Theme, scale: f32) -> Harness<'static, PageContext> {
    let mut page = PageContext {
        page: Page::default(),
        theme,
        actions: Vec::new(),
    };
    page.page.follow(Duration::ZERO, || View {
        overview,
        change_rate: 12.0,
    });
    Harness::builder()
        .with_size(ROOM - vec2(0.0, header::HEIGHT))
        .with_pixels_per_point(scale)
        .with_render_cursor(false)
        .build_ui_state(
            |ui, page: &mut PageContext| {
                page.theme.apply(ui.ctx());
                let colours = page.theme.colours();
                let around = Margin {
                    top: 0,
                    ..Margin::same(GAP)
                };
                // The harness leaves a margin that the window does not have.
                let whole = ui.ctx().content_rect();
                ui.set_clip_rect(whole);
                let frame = Frame::new().fill(colours.window).inner_margin(around);
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                    CentralPanel::default().frame(frame).show(ui, |ui| {
                        page.actions.extend(page.page.show(ui, 0.5, colours));
                    });
                });
            },
            page,
        )
}

/// Compares the page with its picture. Rasterisers differ at the edges of shapes: between Mesa's two, pixels differ
/// by up to 0.2. A digit that becomes another one is a dozen pixels.
fn compare(mut harness: Harness<'_, PageContext>, name: &str) {
    harness.run();
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(10);
    harness.snapshot_options(name, &options);
}

#[test]
fn nothing_was_played() {
    compare(page(Overview::default(), Theme::Dark, 1.0), "engine-empty");
}

#[test]
fn the_lamp_counts_blocks_that_tidepool_made_late_and_no_others() {
    assert_eq!(status::missed(&Overview::default()), 0);
    assert_eq!(status::missed(&scene::playing()), 0);
    assert_eq!(status::missed(&scene::late(true)), 1);
    let beside_a_compiler = scene::late(false);
    assert_eq!(beside_a_compiler.live.overruns, 1);
    assert_eq!(status::missed(&beside_a_compiler), 0);
    let mut offline = scene::late(true);
    offline.about.offline = true;
    assert_eq!(status::missed(&offline), 0);
}

#[test]
fn playing() {
    compare(page(scene::playing(), Theme::Dark, 1.0), "engine-playing");
}

#[test]
fn playing_by_daylight() {
    compare(
        page(scene::playing(), Theme::Light, 1.0),
        "engine-playing-light",
    );
}

#[test]
fn in_trouble() {
    compare(page(scene::trouble(), Theme::Dark, 1.0), "engine-trouble");
}

#[test]
fn in_trouble_by_daylight_on_a_fine_screen() {
    compare(
        page(scene::trouble(), Theme::Light, 2.0),
        "engine-trouble-light-2x",
    );
}

#[test]
fn the_record_of_an_overrun() {
    let mut harness = page(scene::trouble(), Theme::Dark, 1.0);
    harness.run();
    harness.get_by_label_contains("Inside: Voices, ").click();
    harness.run();
    harness.get_by_label_contains("where 99 of 100 blocks stay below");
    compare(harness, "engine-record");
}

#[test]
fn a_block_chosen_while_paused() {
    let mut harness = page(scene::trouble(), Theme::Dark, 1.0);
    harness.run();
    harness.get_by_label("Blocks").click();
    harness.run();
    harness
        .get_by_label_contains("Processor time: last")
        .focus();
    for _ in 0..5 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
    }
    harness.get_by_label("Open record");
    compare(harness, "engine-paused");
}

#[test]
fn every_verdict_is_in_the_scene_of_trouble() {
    let overview = scene::trouble();
    let overruns = overview.log.overruns.iter();
    let verdicts: Vec<_> = overruns
        .filter(|overrun| overrun.block.number > 0)
        .map(|overrun| overrun.verdict())
        .collect();
    for verdict in [
        Verdict::Module(Module::Voices as usize),
        Verdict::Load,
        Verdict::Descheduled,
        Verdict::Unknown,
    ] {
        assert!(
            verdicts.contains(&verdict),
            "{verdict:?} is not in {verdicts:?}"
        );
    }
}

#[test]
fn escape_closes_the_record() {
    let mut harness = page(scene::trouble(), Theme::Dark, 1.0);
    harness.run();
    harness.get_by_label_contains("Outside, ").click();
    harness.run();
    assert!(harness.state().page.choices.open.is_some());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().page.choices.open.is_none());
}

#[test]
fn a_pause_holds_what_is_shown_and_only_that() {
    let mut harness = page(scene::playing(), Theme::Dark, 1.0);
    harness.run();
    harness.get_by_label("Pause").click();
    harness.run();
    harness.get_by_label_contains("Paused at block");
    let later = || View {
        overview: Overview::default(),
        change_rate: 0.0,
    };
    let page = &mut harness.state_mut().page;
    page.follow(Duration::from_secs(9), later);
    assert_ne!(
        page.shown
            .as_ref()
            .unwrap()
            .overview
            .live
            .since_reset
            .blocks,
        0
    );
    harness.get_by_label("Resume").click();
    harness.run();
    let page = &mut harness.state_mut().page;
    page.follow(Duration::from_secs(9), later);
    assert_eq!(
        page.shown
            .as_ref()
            .unwrap()
            .overview
            .live
            .since_reset
            .blocks,
        0
    );
}

#[test]
fn figures_stand_for_a_quarter_of_a_second() {
    let mut page = Page::default();
    let mut taken = 0;
    for millis in 0..1_000 {
        page.follow(Duration::from_millis(millis), || {
            taken += 1;
            View {
                overview: Overview::default(),
                change_rate: 0.0,
            }
        });
    }
    assert_eq!(taken, 4);
}

#[test]
fn the_strip_scrolls_back_by_keys_and_the_table_follows() {
    let mut harness = page(scene::playing(), Theme::Dark, 1.0);
    harness.run();
    harness
        .get_by_label_contains("Processor time: last")
        .focus();
    harness.run();
    for _ in 0..3 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
    }
    harness.key_press(Key::ArrowRight);
    harness.run();
    let choices = &harness.state().page.choices;
    assert_eq!((choices.paused, choices.back), (true, Some(2)));
    harness.get_by_label("2 s ago");
    harness.get_by_label("Blocks").click();
    harness.run();
    assert_eq!(harness.state().page.choices.back, None);
}

#[test]
fn reset_and_budget_are_asked_of_the_engine() {
    let mut harness = page(scene::playing(), Theme::Dark, 1.0);
    harness.run();
    harness.get_by_label("Reset").click();
    harness.run();
    assert_eq!(harness.state().actions, [PageAction::Reset]);
    harness.get_by_role(egui::Role::Slider).focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(harness.state().actions[1], PageAction::Budget(0.51));
}

#[test]
fn reports_go_to_the_clipboard() {
    let mut harness = page(scene::playing(), Theme::Dark, 1.0);
    harness.run();
    for (button, begins) in [("Copy text", "Tidepool"), ("Copy JSON", "{")] {
        harness.get_by_label(button).click();
        // The button goes down in one frame and up in the next.
        let copied = (0..4).find_map(|_| {
            harness.step();
            harness
                .output()
                .platform_output
                .commands
                .iter()
                .find_map(|command| match command {
                    OutputCommand::CopyText(text) => Some(text.clone()),
                    _ => None,
                })
        });
        let copied = copied.expect("nothing is copied");
        assert!(copied.starts_with(begins), "{copied}");
    }
}

#[test]
fn what_does_not_run_has_no_usual_time() {
    let mut overview = scene::playing();
    let noise = Module::Noise as usize;
    overview.live.last_second.modules[noise] = 0;
    overview.live.p99[noise] = 256;
    let mut harness = page(overview, Theme::Dark, 1.0);
    harness.run();
    // Block, load and p99 are not shown.
    harness.get_by_label_contains("Noise: –, –, –, ");
}

#[test]
fn digits_are_as_wide_as_each_other() {
    let mut harness = page(Overview::default(), Theme::Dark, 1.0);
    harness.run();
    let font = egui::FontId::proportional(12.0);
    let widths = harness.ctx.fonts_mut(|fonts| {
        ('0'..='9')
            .map(|digit| fonts.glyph_width(&font, digit))
            .collect::<Vec<_>>()
    });
    assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
}
