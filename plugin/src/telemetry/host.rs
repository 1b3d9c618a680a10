//! Facts about host and machine, and the system's scheduling of the audio thread.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Facts about the host, as far as it reports them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// Name; `null` if unknown.
    pub name: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Plugin format that the host loaded: `CLAP`, `VST3`, `AUv2` or `standalone`.
    pub format: Option<&'static str>,
}

impl HostFacts {
    /// Returns the facts of a CLAP host with these names. The wrappers around the CLAP entry are such hosts too: they pass
    /// on the name of their own host, with their own name appended.
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

    /// Returns the facts of the standalone program, which has no host.
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
    /// Name of the processor; `null` if no file or environment variable of the system has it.
    pub cpu: Option<String>,
    /// Processors available to this process.
    pub cores: Option<usize>,
    /// Operating system.
    pub os: &'static str,
    /// Instruction set.
    pub arch: &'static str,
}

impl Machine {
    /// Returns the facts of this machine. Reads a file. `[gui]` or `[worker]`
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

/// Least interval between queries of the system; an open editor reads the scheduling thirty times a second.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The system's scheduling of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheduling {
    /// Real-time priority: FIFO, round robin or deadline.
    RealTime,
    /// Ordinary priority.
    Ordinary,
}

impl Scheduling {
    /// Returns the name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RealTime => "real-time",
            Self::Ordinary => "ordinary",
        }
    }
}

/// Identity and scheduling of the audio thread.
///
/// The audio thread only stores its id; readers query the system about it, so that the audio thread reads no file.
/// Works on Linux only; elsewhere the scheduling is unknown.
#[derive(Debug, Default)]
pub struct AudioThread {
    /// Thread id, 0 while unknown.
    number: AtomicI32,
    /// Time, thread id and result of the last query. Never locked by the audio thread.
    answer: Mutex<Option<(Instant, i32, Option<Scheduling>)>>,
}

impl AudioThread {
    /// Records the calling thread as the audio thread. Makes one system call, which does not block; to be called in the
    /// first block after an activation. `[audio]`
    pub fn meet(&self) {
        #[cfg(target_os = "linux")]
        self.number.store(nix::unistd::gettid().as_raw(), Relaxed);
    }

    /// Returns the current scheduling; `None` if unknown. `[gui]` or `[worker]`
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

/// Parses the scheduling policy of a line of `/proc/<pid>/task/<tid>/stat`; see proc_pid_stat(5).
fn scheduling(stat: &str) -> Option<Scheduling> {
    // The name, in parentheses, may contain anything; the policy is field 41, and field 3 comes after the name.
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
        // The scheduling of the test's own thread depends on the machine.
        assert_eq!(thread.scheduling().is_some(), cfg!(target_os = "linux"));
    }
}
