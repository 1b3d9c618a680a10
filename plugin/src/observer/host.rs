//! Who runs the instance, and on what: host, machine, and how the system schedules the audio thread.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// The host, as far as it has said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// Its name; `null` where it has none.
    pub name: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it runs the plugin as: `CLAP`, `VST3`, `AUv2` or `standalone`.
    pub format: Option<&'static str>,
}

impl HostFacts {
    /// A CLAP host that calls itself so. The wrappers around the CLAP entry are such hosts too: they pass their
    /// own host's name on and say behind it what they are.
    pub fn of_clap(name: &str, vendor: &str, version: &str) -> Self {
        let wrappers = [
            ("CLAP-as-VST3", "VST3"),
            ("CLAP-As-VST3-Wrapper", "VST3"),
            ("CLAP-as-AUv2", "AUv2"),
        ];
        let wrapper = wrappers.iter().find(|(sign, _)| name.contains(sign));
        let own = match wrapper {
            Some((sign, _)) => name.replace(&format!("({sign})"), "").replace(sign, ""),
            None => name.to_owned(),
        };
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            name: said(&own),
            vendor: said(vendor),
            version: said(version),
            format: Some(wrapper.map_or("CLAP", |(_, format)| format)),
        }
    }

    /// No host: the program of our own.
    pub fn standalone() -> Self {
        Self {
            format: Some("standalone"),
            ..Self::default()
        }
    }
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor's name; `null` where the system does not tell it in a file or a variable.
    pub cpu: Option<String>,
    /// Processors that this process may use.
    pub cores: Option<usize>,
    /// Operating system.
    pub os: &'static str,
    /// Instruction set.
    pub arch: &'static str,
}

impl Machine {
    /// This one. Reads a file. `[gui]` or `[worker]`
    pub fn this() -> Self {
        Self {
            cpu: cpu(),
            cores: std::thread::available_parallelism().ok().map(Into::into),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        }
    }
}

fn cpu() -> Option<String> {
    if cfg!(windows) {
        return std::env::var("PROCESSOR_IDENTIFIER").ok();
    }
    // Linux: one paragraph per core, on some architectures without a name.
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let name = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    name.filter(|name| !name.is_empty())
}

/// An editor looks thirty times a second; the system is asked so often.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// How the system schedules a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduling {
    /// Ahead of everything ordinary: FIFO, round robin or deadline.
    RealTime,
    /// Like any other thread.
    Ordinary,
}

impl Scheduling {
    /// As it is written in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RealTime => "real-time",
            Self::Ordinary => "ordinary",
        }
    }
}

/// Which thread of the process the audio thread is.
///
/// The audio thread leaves its number, and whoever looks asks the system about it, so that the file is read
/// elsewhere. Only Linux tells; elsewhere nothing is known.
#[derive(Debug, Default)]
pub struct AudioThread {
    /// Its number, 0 while it is not known.
    number: AtomicI32,
    /// When the system was asked last, about whom, and what it said. Never locked by the audio thread.
    answer: Mutex<Option<(Instant, i32, Option<Scheduling>)>>,
}

impl AudioThread {
    /// The calling thread is the audio thread. One system call, which does not block: for the first block after
    /// an activation. `[audio]`
    pub fn meet(&self) {
        #[cfg(target_os = "linux")]
        self.number.store(nix::unistd::gettid().as_raw(), Relaxed);
    }

    /// How it is scheduled now; `None` where that is not known. `[gui]` or `[worker]`
    #[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
    pub fn scheduling(&self) -> Option<Scheduling> {
        let thread = self.number.load(Relaxed);
        if thread == 0 {
            return None;
        }
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh =
            answer.filter(|(asked, whom, _)| *whom == thread && asked.elapsed() < ASKED_EVERY);
        let (_, _, said) = *answer.insert(fresh.unwrap_or_else(|| {
            let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat"));
            let said = stat.ok().and_then(|stat| scheduling(&stat));
            (Instant::now(), thread, said)
        }));
        said
    }
}

/// From a line of `/proc/<pid>/task/<tid>/stat`; see proc_pid_stat(5).
fn scheduling(stat: &str) -> Option<Scheduling> {
    // The name, in parentheses, may hold anything; the policy is the 41st field, and the third comes next.
    let (_, fields) = stat.rsplit_once(')')?;
    let policy: u32 = fields.split_whitespace().nth(41 - 3)?.parse().ok()?;
    // SCHED_FIFO, SCHED_RR and SCHED_DEADLINE.
    Some(match policy {
        1 | 2 | 6 => Scheduling::RealTime,
        _ => Scheduling::Ordinary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_known_by_what_they_call_themselves() {
        let clap = HostFacts::of_clap("Bitwig Studio", "Bitwig", "5.2");
        assert_eq!(clap.name.as_deref(), Some("Bitwig Studio"));
        assert_eq!(clap.format, Some("CLAP"));
        let vst3 = HostFacts::of_clap("REAPER (CLAP-as-VST3)", "", "7");
        assert_eq!((vst3.name.as_deref(), vst3.vendor), (Some("REAPER"), None));
        assert_eq!(vst3.format, Some("VST3"));
        let silent = HostFacts::of_clap("CLAP-As-VST3-Wrapper", " ", "");
        assert_eq!((silent.name, silent.format), (None, Some("VST3")));
        let au = HostFacts::of_clap("Logic Pro 11.0 (CLAP-as-AUv2)", "Apple", "");
        assert_eq!(au.name.as_deref(), Some("Logic Pro 11.0"));
        assert_eq!(au.format, Some("AUv2"));
        assert_eq!(HostFacts::standalone().format, Some("standalone"));
    }

    #[test]
    fn the_policy_is_read_from_behind_any_name() {
        let line = |policy: u32| {
            let mut fields: Vec<String> = (3..=52).map(|n| n.to_string()).collect();
            fields[41 - 3] = policy.to_string();
            format!("17 (a) b (c) {}", fields.join(" "))
        };
        assert_eq!(scheduling(&line(0)), Some(Scheduling::Ordinary));
        for policy in [1, 2, 6] {
            assert_eq!(scheduling(&line(policy)), Some(Scheduling::RealTime));
        }
        assert_eq!(scheduling(""), None);
        assert_eq!(scheduling("17 (a) S 1"), None);
    }

    #[test]
    fn the_machine_is_known_and_a_thread_that_was_not_met_is_not() {
        let machine = Machine::this();
        assert!(!machine.os.is_empty() && !machine.arch.is_empty());
        let thread = AudioThread::default();
        assert_eq!(thread.scheduling(), None);
        thread.meet();
        // This one: ordinary, or whatever the machine gives its tests.
        assert_eq!(thread.scheduling().is_some(), cfg!(target_os = "linux"));
    }
}
