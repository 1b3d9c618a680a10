//! State that the window shows and that changes without it, by the host, the sound or the system. The window is painted
//! again when it differs from the state at the last frame.

use std::sync::Arc;

use tidepool_dsp::engine::{ModulationSnapshot, Source};

use super::levels::decibels;
use super::pages::Tab;
use super::{header, status};
use crate::params::TidepoolParams;
use crate::program::{self, Devices, Program};
use crate::settings;
use crate::telemetry::Overview;

/// Lowest level in dB that a meter can show.
const FLOOR: f32 = -96.0;
/// Steps of a meter per dB, smaller than a pixel.
const STEPS: f32 = 8.0;

/// State of one moment; equal states look alike. `[gui]`
#[derive(Debug, Default, PartialEq)]
pub struct PaintedState {
    /// Counts of changed parameters, and of changes to the rest of the state and to the MTS-ESP master.
    params: u64,
    fields: u64,
    voices: usize,
    missed: usize,
    warnings: usize,
    /// Number of refused commands.
    refused: u64,
    unheard: Option<String>,
    /// Devices of the program, on their page.
    devices: Option<Arc<Devices>>,
    notice: Option<String>,
    /// Sentence about a program that could not be loaded.
    program: Option<String>,
    /// Output peaks in steps of the meter.
    peaks: [i32; 2],
    monitor: ModulationSnapshot,
}

impl PaintedState {
    /// Takes the state that the page of `tab` shows.
    pub fn new(
        tab: Tab,
        params: &TidepoolParams,
        overview: Option<&Overview>,
        refused: u64,
        peaks: [f32; 2],
        monitor: &ModulationSnapshot,
    ) -> Self {
        let header = Self {
            params: params.dirty.count(),
            fields: params.field_changes() + params.tuning.master_count(),
            voices: overview.map_or(0, |overview| overview.live.voices as usize),
            missed: overview.map_or(0, status::missed),
            warnings: overview.map_or(0, |overview| header::urgent(&overview.alerts)),
            refused,
            unheard: program::registered().and_then(Program::unheard),
            notice: settings::notice(),
            program: params.program_change.get_notice(),
            ..Self::default()
        };
        match tab {
            // The page of figures is painted at a rate of its own.
            Tab::Engine => header,
            _ => Self {
                devices: (program::registered().filter(|_| tab == Tab::Program))
                    .map(Program::devices),
                peaks: peaks.map(step),
                monitor: visible(tab, monitor),
                ..header
            },
        }
    }
}

/// Returns the part of `monitor` that the page of `tab` shows, with levels in steps of the meters.
fn visible(tab: Tab, monitor: &ModulationSnapshot) -> ModulationSnapshot {
    let mut monitor = *monitor;
    if tab != Tab::Modulation {
        // LFOs of all voices run while no note sounds.
        for (number, source) in monitor.sources.iter_mut().enumerate() {
            if (Source::Lfo1 as usize..=Source::Lfo3 as usize).contains(&number) {
                *source = 0.0;
            }
        }
    }
    for overload in &mut monitor.overloads {
        overload.peak = overload.peak.map(|peak| step(peak) as f32);
        overload.hold = overload.hold.map(|hold| step(hold) as f32);
    }
    monitor
}

/// Returns a linear level in steps of a meter.
fn step(level: f32) -> i32 {
    (decibels(level).max(FLOOR) * STEPS) as i32
}
