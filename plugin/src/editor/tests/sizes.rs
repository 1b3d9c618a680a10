//! The pages in windows from the smallest size to the largest.

use egui::accesskit::Role;
use egui::{Rect, Vec2, pos2, vec2};
use egui_kittest::Node;
use egui_kittest::kittest::NodeT;

use super::super::BELOW;
use super::super::pages::Tab;
use super::super::scale::LEAST;
use super::{busy, by_daylight, compare, page_in, size};

const TABS: [(Tab, &str); 7] = [
    (Tab::Play, "play"),
    (Tab::Oscillators, "oscillators"),
    (Tab::Fm, "fm"),
    (Tab::Filter, "filter"),
    (Tab::Modulation, "modulation"),
    (Tab::Effects, "effects"),
    (Tab::Browser, "browser"),
];
/// Smallest side of a control that a pointer can hit.
const HIT: f32 = 12.0;

/// Returns the controls of a page with their names; a slider, a button and a menu of a parameter are one each.
fn controls(tab: Tab, window: Vec2) -> Vec<(String, Rect)> {
    let mut harness = page_in(window, tab, busy(), 1.0);
    harness.run();
    let roles = [
        Role::Slider,
        Role::Button,
        Role::ComboBox,
        Role::RadioButton,
    ];
    let nodes = harness.root().children_recursive();
    let acts = nodes.filter(|node| roles.contains(&node.accesskit_node().role()));
    let named = |node: Node<'_>| {
        let name = node.accesskit_node().label().unwrap_or_default();
        (name, node.rect())
    };
    acts.map(named).collect()
}

#[test]
fn every_control_is_in_its_page_and_can_be_hit_at_every_size() {
    for window in [
        LEAST,
        vec2(1000.0, 720.0),
        vec2(900.0, 1200.0),
        vec2(1920.0, 1080.0),
        vec2(2400.0, 600.0),
    ] {
        for (tab, name) in TABS {
            let mut page = Rect::from_min_size(pos2(0.0, 0.0), size(tab, window));
            page.max.y -= f32::from(BELOW.bottom);
            let mut controls = controls(tab, window);
            if tab == Tab::Browser {
                // The lists scroll, so that the last row of each is cut.
                controls.retain(|(_, rect)| rect.max.y <= page.max.y);
            }
            assert!(controls.len() > 10, "{name}: {}", controls.len());
            for (control, rect) in &controls {
                assert!(
                    page.contains_rect(*rect),
                    "{name} {window:?}: {control} at {rect}"
                );
                let side = rect.size().min_elem();
                assert!(
                    side >= HIT,
                    "{name} {window:?}: {control} has {side} points"
                );
            }
            for (number, (first, rect)) in controls.iter().enumerate() {
                for (second, other) in &controls[number + 1..] {
                    let shared = rect.intersect(*other);
                    let overlap = shared.is_positive() && shared.size().min_elem() > 1.0;
                    // The number below a knob is a part of it.
                    let nested = rect.contains_rect(*other) || other.contains_rect(*rect);
                    assert!(
                        !overlap || nested,
                        "{name} {window:?}: {first} and {second}"
                    );
                }
            }
        }
    }
}

/// Compares the page with its picture in the smallest window.
fn compare_small(tab: Tab, name: &str) {
    compare(page_in(LEAST, tab, busy(), 1.0), &format!("{name}-small"));
}

#[test]
fn play_in_the_smallest_window() {
    compare_small(Tab::Play, "play");
}

#[test]
fn oscillators_in_the_smallest_window() {
    compare_small(Tab::Oscillators, "oscillators");
}

#[test]
fn fm_in_the_smallest_window() {
    compare_small(Tab::Fm, "fm");
}

#[test]
fn filter_in_the_smallest_window() {
    compare_small(Tab::Filter, "filter");
}

#[test]
fn modulation_in_the_smallest_window() {
    compare_small(Tab::Modulation, "modulation");
}

#[test]
fn effects_in_the_smallest_window() {
    compare_small(Tab::Effects, "effects");
}

#[test]
fn browser_in_the_smallest_window() {
    compare_small(Tab::Browser, "browser");
}

/// A large window in the other theme.
fn compare_large(tab: Tab, name: &str) {
    let page = page_in(vec2(1280.0, 864.0), tab, by_daylight(), 1.0);
    compare(page, &format!("{name}-large-light"));
}

#[test]
fn play_in_a_large_window() {
    compare_large(Tab::Play, "play");
}

#[test]
fn fm_in_a_large_window() {
    compare_large(Tab::Fm, "fm");
}
