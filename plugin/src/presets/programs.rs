//! The user's banks of programs: the presets that MIDI program changes load, in a file of their own beside the presets.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::entry::PresetId;
use super::shared_file::{self, SharedFile};
use super::store::StoreError;
use crate::user_folder;

/// Number of programs of a bank.
pub const PROGRAMS: u8 = 128;
/// Number of banks: bank select has 14 bits.
pub const BANKS: u16 = 1 << 14;

/// Returns the default file of this user's programs. Any thread but the audio thread.
pub fn usual_file() -> Option<PathBuf> {
    user_folder::usual("programs.toml")
}

/// Number of a program, and of its bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Bank, 0 to 16,383: controller 0 times 128, plus controller 32.
    pub bank: u16,
    /// Number in the bank as MIDI sends it, 0 to 127. Players count from 1.
    pub number: u8,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program {} of bank {}", self.number + 1, self.bank)
    }
}

/// The banks, and whether program changes load from them. `[gui]` and `[worker]`
#[derive(Debug, Default)]
pub struct Programs(SharedFile<Contents>);

/// Programs of a bank by their numbers, counted from 1.
type Bank = BTreeMap<String, PresetId>;

/// Contents of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Contents {
    /// True if program changes load presets.
    #[serde(default)]
    on: bool,
    /// Banks by their numbers.
    #[serde(default)]
    banks: BTreeMap<String, Bank>,
    /// Entries of a later version.
    #[serde(flatten)]
    others: toml::Table,
}

impl shared_file::Contents for Contents {
    const NAME: &'static str = "programs";
}

impl Programs {
    /// Reads the banks in the file at `path`, which need not exist.
    pub fn open(path: Option<PathBuf>) -> Self {
        Self(SharedFile::open(path))
    }

    /// Reads the file again, which another instance may have changed.
    pub fn reread(&mut self) {
        self.0.reread();
    }

    /// Returns a sentence about the file that was damaged or could not be read, until
    /// [`dismiss_notice`](Self::dismiss_notice).
    pub fn notice(&self) -> Option<&str> {
        self.0.notice()
    }

    /// Forgets the notice.
    pub fn dismiss_notice(&mut self) {
        self.0.dismiss_notice();
    }

    /// Returns true if program changes load presets.
    pub fn is_on(&self) -> bool {
        self.0.contents().on
    }

    /// Makes program changes load presets, or not.
    ///
    /// # Errors
    /// If the file cannot be written; the change holds until the window closes.
    pub fn set_on(&mut self, on: bool) -> Result<(), StoreError> {
        self.0.change(|contents| contents.on = on)
    }

    /// Returns the preset of `program`, if it has one.
    pub fn get(&self, program: Program) -> Option<&PresetId> {
        let bank = self.0.contents().banks.get(&program.bank.to_string())?;
        bank.get(&key(program))
    }

    /// Returns the programs of a bank that have a preset, in order.
    pub fn of_bank(&self, bank: u16) -> Vec<(Program, PresetId)> {
        let programs = (0..PROGRAMS).map(|number| Program { bank, number });
        let of = |program| Some((program, self.get(program)?.clone()));
        programs.filter_map(of).collect()
    }

    /// Gives `program` a preset, or none.
    ///
    /// # Errors
    /// As for [`set_on`](Self::set_on).
    pub fn set(&mut self, program: Program, preset: Option<&PresetId>) -> Result<(), StoreError> {
        self.0.change(|contents| {
            let bank = contents.banks.entry(program.bank.to_string()).or_default();
            match preset {
                Some(preset) => drop(bank.insert(key(program), preset.clone())),
                None => drop(bank.remove(&key(program))),
            }
            contents.banks.retain(|_, bank| !bank.is_empty());
        })
    }

    /// Moves the programs of a preset whose file has another name from now on.
    ///
    /// # Errors
    /// As for [`set_on`](Self::set_on).
    pub fn renamed(&mut self, old: &PresetId, new: &PresetId) -> Result<(), StoreError> {
        let all = |contents: &Contents| contents.banks.values().any(|it| has(it, old));
        if !all(self.0.contents()) {
            return Ok(());
        }
        self.0.change(|contents| {
            let programs = contents.banks.values_mut().flat_map(Bank::values_mut);
            for preset in programs.filter(|preset| *preset == old) {
                *preset = new.clone();
            }
        })
    }
}

fn has(bank: &Bank, preset: &PresetId) -> bool {
    bank.values().any(|it| it == preset)
}

/// Returns the key of `program` in its bank.
fn key(program: Program) -> String {
    (program.number + 1).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(bank: u16, number: u8) -> Program {
        Program { bank, number }
    }

    #[test]
    fn programs_are_off_until_they_are_switched_on_and_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("programs.toml");
        let mut programs = Programs::open(Some(path.clone()));
        assert!(!programs.is_on());
        let [one, two] = ["One", "Two"].map(PresetId::factory);
        programs.set_on(true).unwrap();
        programs.set(program(0, 0), Some(&one)).unwrap();
        programs.set(program(16_383, 127), Some(&two)).unwrap();
        programs.set(program(0, 5), Some(&two)).unwrap();
        programs.set(program(0, 5), None).unwrap();
        let read = Programs::open(Some(path.clone()));
        assert!(read.is_on());
        assert_eq!(read.get(program(0, 0)), Some(&one));
        assert_eq!(read.get(program(0, 5)), None);
        assert_eq!(read.of_bank(16_383), [(program(16_383, 127), two)]);
        // The file is one that players can read and write.
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("[banks.0]\n1 = \"factory:One\""), "{text}");
        assert_eq!(program(2, 4).to_string(), "program 5 of bank 2");
    }

    #[test]
    fn a_renamed_preset_keeps_its_programs() {
        let mut programs = Programs::default();
        let [old, new] = ["Old", "New"].map(PresetId::factory);
        for number in [3, 9] {
            programs.set(program(1, number), Some(&old)).unwrap();
        }
        programs.renamed(&old, &new).unwrap();
        let found = programs.of_bank(1).into_iter().map(|(_, id)| id);
        assert_eq!(found.collect::<Vec<_>>(), [new.clone(), new]);
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("programs.toml");
        fs::write(&path, "on = \"often\"").unwrap();
        let programs = Programs::open(Some(path.clone()));
        assert!(!programs.is_on());
        let notice = programs.notice().expect("the damage is told");
        assert!(notice.contains("programs were damaged"), "{notice}");
        let mut texts = fs::read_dir(folder.path()).unwrap();
        let aside = |text: &str| text == "on = \"often\"";
        assert!(texts.any(|it| fs::read_to_string(it.unwrap().path()).is_ok_and(|it| aside(&it))));
    }
}
