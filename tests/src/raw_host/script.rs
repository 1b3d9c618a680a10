//! Random scripts of rule violations, reproducible from a seed.
//!
//! Each step depends on the seed and the step's number alone, not on earlier steps, so that steps can be left out
//! without changing the others: a failing script is shrunk by leaving out steps.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use super::Child;

/// Environment variable that passes a script to the child process.
pub const SCRIPT: &str = "TIDEPOOL_HOSTILE_SCRIPT";

/// Maximum number of runs for shrinking a failing script.
const SHRINKING_RUNS: usize = 40;

/// Seed and the steps to execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Seed.
    pub seed: u64,
    /// Step numbers, in increasing order.
    pub steps: Vec<u32>,
}

impl Script {
    /// Returns the first `count` steps of a seed.
    #[must_use]
    pub fn new(seed: u64, count: u32) -> Self {
        Self {
            seed,
            steps: (0..count).collect(),
        }
    }

    /// Returns the random generator of step `step`.
    #[must_use]
    pub fn random(&self, step: u32) -> fastrand::Rng {
        // The first outputs for consecutive seeds are correlated; this decorrelates them.
        let mut seeds = fastrand::Rng::with_seed(self.seed ^ (u64::from(step) << 32));
        fastrand::Rng::with_seed(seeds.u64(..).rotate_left(32) ^ seeds.u64(..))
    }

    /// Executes the script in a child process, by the test named `test`.
    #[must_use]
    pub fn play(&self, test: &str) -> Child {
        Child::run(test, &[(SCRIPT, self.to_string())])
    }

    /// Returns the shortest script found for which `fails` is true.
    #[must_use]
    pub fn shrink(&self, mut fails: impl FnMut(&Self) -> bool) -> Self {
        let mut shortest = self.clone();
        let mut runs = 0;
        let mut size = shortest.steps.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < shortest.steps.len() {
                runs += 1;
                if runs > SHRINKING_RUNS {
                    return shortest;
                }
                let mut shorter = shortest.clone();
                let end = (start + size).min(shorter.steps.len());
                shorter.steps.drain(start..end);
                match fails(&shorter) {
                    true => shortest = shorter,
                    false => start = end,
                }
            }
            size /= 2;
        }
        shortest
    }

    /// Executes scripts of `steps` steps, one per seed, until `go_on` breaks; returns a report of each failure.
    ///
    /// Two child processes run at a time.
    pub fn search(
        test: &str,
        seeds: impl Iterator<Item = u64> + Send,
        steps: u32,
        mut finding: impl FnMut(u64, &str) -> ControlFlow<()> + Send,
    ) -> u64 {
        use std::sync::Mutex;
        let seeds = Mutex::new(seeds);
        let outcome = Mutex::new((0_u64, &mut finding, false));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let seed = seeds.lock().expect("no thread panics").next();
                        let Some(seed) = seed else { return };
                        let script = Self::new(seed, steps);
                        let child = script.play(test);
                        let report = (!child.is_done()).then(|| script.report(test, &child));
                        let mut outcome = outcome.lock().expect("no thread panics");
                        outcome.0 += 1;
                        if let Some(report) = report {
                            let go_on = (outcome.1)(seed, &report);
                            outcome.2 |= go_on.is_break();
                        }
                        if outcome.2 {
                            return;
                        }
                    }
                });
            }
        });
        outcome.into_inner().expect("no thread panics").0
    }

    /// Describes a failure: the seed, the result, and the last steps of the shortest script that still fails.
    fn report(&self, test: &str, child: &Child) -> String {
        let mut last = child.clone();
        let shortest = self.shrink(|script| {
            let child = script.play(test);
            let fails = !child.is_done();
            if fails {
                last = child;
            }
            fails
        });
        format!(
            "seed {}: {:?}\n`{SCRIPT}={shortest}` fails:\n{}",
            self.seed,
            last.ending,
            last.end(40)
        )
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seed)?;
        for (n, step) in self.steps.iter().enumerate() {
            let separator = if n == 0 { "" } else { "," };
            write!(f, "{separator}{step}")?;
        }
        Ok(())
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (seed, steps) = text.split_once(':').ok_or("a script is `seed:step,step`")?;
        let steps = steps.split(',').filter(|step| !step.is_empty());
        Ok(Self {
            seed: seed.parse().map_err(|error| format!("{seed}: {error}"))?,
            steps: steps
                .map(|step| step.parse().map_err(|error| format!("{step}: {error}")))
                .collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_survives_its_text() {
        let script = Script {
            seed: u64::MAX,
            steps: vec![0, 7, 99],
        };
        assert_eq!(script.to_string().parse(), Ok(script));
        assert_eq!("5:".parse(), Ok(Script::new(5, 0)));
        assert!("5".parse::<Script>().is_err());
    }

    #[test]
    fn steps_differ_and_repeat() {
        let script = Script::new(1, 3);
        let mut seen: Vec<_> = (0..1000).map(|n| script.random(n).u64(..)).collect();
        let again: Vec<_> = (0..1000).map(|n| script.random(n).u64(..)).collect();
        assert_eq!(seen, again);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn shrinking_finds_the_steps_that_matter() {
        let script = Script::new(3, 100);
        let fails = |script: &Script| script.steps.contains(&17) && script.steps.contains(&80);
        assert_eq!(script.shrink(fails).steps, [17, 80]);
    }
}
