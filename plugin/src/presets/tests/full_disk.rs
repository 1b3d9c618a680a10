//! Tests of disks that refuse to write: full ones, and read-only folders. Each runs this test program again, under a
//! limit of the size of files, on a small disk in memory, or as a user who may not write.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::super::store::{self, overwrite, save_new};
use super::super::trash::delete;
use super::super::{Preset, all};
use super::user;

/// Variable with the folder in which the second program writes.
const FOLDER: &str = "TIDEPOOL_TEST_FOLDER";
/// Path of the test that the second program runs.
const INNER: &str = "presets::tests::full_disk::writes_are_refused_and_lose_nothing";

/// Returns the longest factory preset, under another name.
fn large() -> Preset {
    let longest = all().iter().max_by_key(|preset| preset.to_toml().len());
    let mut preset = longest.expect("there are presets").clone();
    preset.name = "Large".to_owned();
    preset
}

/// Runs `script` in a shell, with the command of the inner test as its first argument.
fn shell(script: &str, folder: &Path) -> Output {
    let program = std::env::current_exe().expect("the program has a path");
    Command::new("sh")
        .args(["-c", script])
        .arg(program)
        .args([INNER, folder.to_str().expect("the path is text")])
        .env(FOLDER, folder)
        .output()
        .expect("there is a shell")
}

fn assert_passed(output: &Output, sentence: &str) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "{text}");
    assert!(text.contains(sentence), "{text}");
}

/// Inner test: the folder has a preset "Small", and nothing as large as [`large`] can be written.
#[test]
#[ignore = "the other tests run it in a shell that limits the disk"]
fn writes_are_refused_and_lose_nothing() {
    let folder = std::env::var(FOLDER).expect("the outer test sets it");
    let folder = Path::new(&folder);
    let (small, origin) = store::open(&folder.join("Small.toml")).unwrap();
    let error = save_new(folder, &large()).unwrap_err();
    println!("{error}");
    let mut larger = large();
    larger.name = "Small".to_owned();
    println!("{}", overwrite(folder, &origin, &larger).unwrap_err());
    assert_eq!(store::open(&origin.path).unwrap(), (small, origin));
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names
        .filter(|name| name != ".tidepool.lock" && name != "filler")
        .collect();
    assert_eq!(names, ["Small.toml"], "something half-written stays");
}

#[test]
fn a_limit_of_the_size_of_files_is_told() {
    let place = tempfile::tempdir().unwrap();
    save_new(place.path(), &user("Small")).unwrap();
    // A block is 512 or 1024 bytes.
    let script = r#"trap "" XFSZ; ulimit -f 1; exec "$0" --exact "$1" --ignored --nocapture"#;
    assert!(large().to_toml().len() > 1024);
    let output = shell(script, place.path());
    assert_passed(
        &output,
        "Large.toml: cannot be written: there is no room on the disk; make room",
    );
}

/// The disk is in memory; a system that mounts none for users skips the test.
#[test]
fn a_full_disk_is_told() {
    let place = tempfile::tempdir().unwrap();
    let script = r#"unshare --user --map-root-user --mount sh -c '
        mount -t tmpfs -o size=16k tmpfs "$2" || exit 77
        printf "name = \"Small\"\n[parameters]\n" > "$2/Small.toml"
        touch "$2/.tidepool.lock"
        head -c 1M /dev/zero > "$2/filler" 2> /dev/null
        exec "$0" --exact "$1" --ignored --nocapture' "$0" "$1" "$2" || exit 77"#;
    let output = shell(script, place.path());
    if output.status.code() == Some(77)
        && !String::from_utf8_lossy(&output.stdout).contains("running")
    {
        println!("this system mounts no disks for users");
        return;
    }
    assert_passed(
        &output,
        "Large.toml: cannot be written: there is no room on the disk; make room",
    );
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let origin = save_new(folder, &user("Small")).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    // The administrator may write everywhere.
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe")).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let script = r#"unshare --user --map-root-user --mount sh -c '
            mount --bind "$2" "$2" && mount -o remount,bind,ro "$2" || exit 77
            exec "$0" --exact "$1" --ignored --nocapture' "$0" "$1" "$2" || exit 77"#;
        let output = shell(script, folder);
        if String::from_utf8_lossy(&output.stdout).contains("running") {
            assert_passed(
                &output,
                "Large.toml: cannot be written: the disk is read-only; choose another",
            );
        }
        return;
    }
    let sentences = [
        save_new(folder, &large()).unwrap_err().to_string(),
        overwrite(folder, &origin, &user("Small"))
            .unwrap_err()
            .to_string(),
        delete(folder, &origin.path).unwrap_err().to_string(),
    ];
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for sentence in sentences {
        assert!(
            sentence.contains("access is denied; change the permissions"),
            "{sentence}"
        );
    }
    assert_eq!(store::open(&origin.path).unwrap().1, origin);
}
