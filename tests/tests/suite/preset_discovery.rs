//! CLAP `preset-discovery` and `preset-load`: a host lists the presets of the factory and of the user's folder, and loads
//! each of them.

use std::env;
use std::ffi::{CStr, CString};
use std::fs;
use std::path::{Path, PathBuf};

use clap_sys::factory::preset_discovery::*;
use tempfile::TempDir;
use tidepool::presets::{self, NOT_IN_PRESETS};
use tidepool_dsp::Parameter;
use tidepool_tests::raw_host::{
    Block, Child, DescribedPreset, Events, Flow, Host, IndexerManners, Library, Manners, Plugin,
    PresetFactory, PresetReport, isolated, note_on,
};

const FILE: u32 = CLAP_PRESET_DISCOVERY_LOCATION_FILE;
const PLUGIN: u32 = CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN;

/// User's preset, and one that cannot be read.
const MINE: &str = "name = \"Mine\"\ncategory = \"Bass\"\nauthor = \"Zoë\"\ntags = [\"dark\", \"mono\"]\n\
                    description = \"A deep one.\"\n[parameters]\ncutoff = \"500 Hz\"\n";
const DAMAGED: &str = "name = \"Damaged\"\n[parameters]\ncutof = \"500 Hz\"\n";

/// Variable with the user's folder of presets, for a case in a child process.
const FOLDER: &str = "TIDEPOOL_TEST_PRESETS";

/// Runs the ignored test of this name in a child process whose user has these presets: [`MINE`] in a subfolder, [`DAMAGED`]
/// and a deleted one.
fn with_user_presets(test: &str) {
    let home = TempDir::new().expect("a folder is made");
    let data = home.path().join("data");
    let folder = data.join("tidepool/presets");
    for (path, text) in [
        ("Süb/Mine.toml", MINE),
        ("Damaged.toml", DAMAGED),
        ("Trash/Gone.toml", &MINE.replace("Mine", "Gone")),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it is made");
        fs::write(path, text).expect("a preset is written");
    }
    let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
    let variables = [
        ("XDG_DATA_HOME", text(&data)),
        ("XDG_CONFIG_HOME", text(&home.path().join("config"))),
        (FOLDER, text(&folder)),
    ];
    let child = Child::run(&format!("preset_discovery::{test}"), &variables);
    assert!(child.is_done(), "{:?}\n{}", child.ending, child.end(25));
}

fn folder() -> PathBuf {
    env::var_os(FOLDER).expect("the folder is named").into()
}

fn factory() -> PresetFactory {
    let factory = Library::bundled().preset_factory();
    factory.expect("there is a factory of presets")
}

fn instance() -> Plugin {
    let plugin = Library::bundled().create(Host::new(Manners::GOOD));
    assert!(plugin.init(), "the plugin initialises");
    plugin
}

/// Returns the value of a parameter on the scale from 0 to 1.
fn read(plugin: &Plugin, parameter: Parameter) -> f64 {
    let id = tidepool::params::param_id(parameter.spec().id);
    let info = plugin.param(parameter.index() as u32);
    let (found, largest) = info.expect("the parameter is there");
    assert_eq!(
        found, id,
        "hosts list the parameters in the order of the table"
    );
    plugin.param_value(id).expect("the parameter is there") / largest
}

fn c(text: &str) -> CString {
    CString::new(text).expect("the text has no zero")
}

#[test]
fn a_host_lists_the_presets_of_factory_and_user() {
    with_user_presets("lists_all");
}

/// Runs in the child process of [`a_host_lists_the_presets_of_factory_and_user`].
#[test]
#[ignore = "needs the folder that another test makes"]
fn lists_all() {
    isolated(|| {
        let found = factory().index(IndexerManners::default());
        let found = found.expect("the provider starts");
        assert_eq!(found.extensions, ["toml"]);
        let places: Vec<_> = found
            .locations
            .iter()
            .map(|it| (&*it.name, it.path.clone(), it.flags))
            .collect();
        assert_eq!(
            places,
            [
                ("Factory", None, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT),
                (
                    "User",
                    Some(folder()),
                    CLAP_PRESET_DISCOVERY_IS_USER_CONTENT
                ),
            ]
        );
        let (user, ours): (Vec<_>, Vec<_>) = found.presets.iter().partition(|it| it.path.is_some());
        let names: Vec<_> = ours.iter().map(|it| &*it.name).collect();
        let all: Vec<_> = presets::all().iter().map(|it| &*it.name).collect();
        assert_eq!(names, all);
        for (described, preset) in ours.iter().zip(presets::all()) {
            let expected = DescribedPreset {
                path: None,
                name: preset.name.clone(),
                load_key: Some(preset.name.clone()),
                plugins: vec![id()],
                creators: Some(preset.author.clone())
                    .filter(|author| !author.is_empty())
                    .into_iter()
                    .collect(),
                description: Some(preset.description.clone()),
                features: [preset.category.name().to_lowercase()]
                    .into_iter()
                    .chain(preset.tags.clone())
                    .collect(),
                modified: None,
            };
            assert_eq!(**described, expected);
        }
        let [mine] = &user[..] else {
            panic!("{user:#?}");
        };
        let path = folder().join("Süb/Mine.toml");
        let modified = fs::metadata(&path).and_then(|about| about.modified());
        let modified = modified.unwrap().duration_since(std::time::UNIX_EPOCH);
        let expected = DescribedPreset {
            path: Some(path),
            name: "Mine".into(),
            load_key: None,
            plugins: vec![id()],
            creators: vec!["Zoë".into()],
            description: Some("A deep one.".into()),
            features: ["bass", "dark", "mono"].map(String::from).into(),
            modified: Some(modified.unwrap().as_secs()),
        };
        assert_eq!(**mine, expected);
        let damaged = folder().join("Damaged.toml");
        let (_, sentence) = found
            .errors
            .iter()
            .find(|(path, _)| *path == Some(damaged.clone()))
            .expect("the damaged file is reported");
        assert!(
            sentence.contains("line 3") && sentence.contains("cutoff"),
            "{sentence}"
        );
    });
}

fn id() -> (String, String) {
    ("clap".into(), "io.github.tidepool-audio.tidepool".into())
}

#[test]
fn a_host_loads_what_it_has_listed() {
    with_user_presets("loads_all");
}

/// Runs in the child process of [`a_host_loads_what_it_has_listed`].
#[test]
#[ignore = "needs the folder that another test makes"]
fn loads_all() {
    isolated(|| {
        let found = factory().index(IndexerManners::default());
        let plugin = instance();
        for preset in found.expect("the provider starts").presets {
            let path = preset.path.as_ref().map(|path| c(path.to_str().unwrap()));
            let key = preset.load_key.as_deref().map(c);
            let kind = if path.is_some() { FILE } else { PLUGIN };
            assert!(
                plugin.load_preset(kind, path.as_deref(), key.as_deref()),
                "{preset:?}"
            );
            let place = preset.path.map(|path| path.to_str().unwrap().to_owned());
            assert_eq!(
                plugin.host().preset_reports(),
                [PresetReport::Loaded(place, preset.load_key)]
            );
            let state = plugin.save(Flow::Whole).expect("the state is saved");
            let state: serde_json::Value = serde_json::from_slice(&state[8..]).expect("JSON");
            let texts = state["fields"]["sound"]
                .as_str()
                .expect("the sound has texts");
            let texts: serde_json::Value = serde_json::from_str(texts).expect("JSON");
            assert_eq!(texts["name"], preset.name, "the editor shows the name");
            let patch = match presets::find(&preset.name) {
                Ok(ours) => ours.patch,
                Err(_) => {
                    presets::open(&folder().join("Süb/Mine.toml"))
                        .unwrap()
                        .patch
                }
            };
            for parameter in Parameter::all().filter(|it| !NOT_IN_PRESETS.contains(it)) {
                let range = parameter.spec().range;
                let expected = f64::from(range.normalize(patch.get(parameter)));
                let held = read(&plugin, parameter);
                assert!(
                    (held - expected).abs() < 1e-5,
                    "{}: {parameter:?} {held}",
                    preset.name
                );
            }
        }
    });
}

#[test]
fn what_cannot_be_loaded_gets_one_sentence_and_changes_nothing() {
    with_user_presets("refuses_what_is_none");
}

/// Runs in the child process of [`what_cannot_be_loaded_gets_one_sentence_and_changes_nothing`].
#[test]
#[ignore = "needs the folder that another test makes"]
fn refuses_what_is_none() {
    isolated(|| {
        let plugin = instance();
        assert!(plugin.load_preset(PLUGIN, None, Some(c"Tideline")));
        plugin.host().preset_reports();
        let before = plugin.save(Flow::Whole);
        let file = |name: &str| c(folder().join(name).to_str().unwrap());
        let (damaged, absent) = (file("Damaged.toml"), file("Absent.toml"));
        let here = file("");
        type Case<'a> = (u32, Option<&'a CStr>, Option<&'a CStr>, &'a [&'a str]);
        let cases: [Case; 9] = [
            (
                FILE,
                Some(&damaged),
                None,
                &["Damaged.toml", "line 3", "cutoff"],
            ),
            (FILE, Some(&absent), None, &["Absent.toml"]),
            (FILE, Some(&here), None, &["presets"]),
            (FILE, Some(c""), None, &[]),
            (FILE, None, None, &["no preset file"]),
            (FILE, Some(c"\xff\xfe"), None, &["UTF-8"]),
            (PLUGIN, None, Some(c"Tidelin"), &["Tidelin", "Tideline"]),
            (PLUGIN, None, None, &["no factory preset"]),
            (u32::MAX, Some(&damaged), Some(c"Tideline"), &["4294967295"]),
        ];
        for (kind, location, key, words) in cases {
            assert!(
                !plugin.load_preset(kind, location, key),
                "{location:?} {key:?}"
            );
            let reports = plugin.host().preset_reports();
            let [PresetReport::Failed(sentence)] = &reports[..] else {
                panic!("{reports:?}");
            };
            assert_eq!(sentence.lines().count(), 1, "{sentence}");
            for word in words {
                assert!(sentence.contains(word), "`{word}` is not in: {sentence}");
            }
            assert_eq!(plugin.save(Flow::Whole), before, "{sentence}");
        }
    });
}

#[test]
fn a_preset_leaves_the_settings_and_a_held_note_sounds_on() {
    isolated(|| {
        let plugin = instance();
        assert!(plugin.activate(48_000.0, 1, 512) && plugin.start());
        let voices = tidepool::params::param_id("voices");
        let mut events = Events::new();
        events.push(tidepool_tests::raw_host::value(0, voices, 3.0));
        events.push(note_on(0, 60));
        assert!(!plugin.process(&Block::new(512, &events)).is_error());
        let kept: Vec<_> = NOT_IN_PRESETS.map(|it| read(&plugin, it)).into();
        assert!(plugin.load_preset(PLUGIN, None, Some(c"Tideline")));
        let none = Events::new();
        let mut last = 0.0_f32;
        for block in 0..20 {
            let played = plugin.process(&Block::new(512, &none));
            assert_eq!(played.fault(), None);
            for &sample in &played.channels[0] {
                assert!((sample - last).abs() < 0.5, "a click in block {block}");
                last = sample;
            }
            assert!(played.peak() > 1e-4, "block {block} is silent");
        }
        let after: Vec<_> = NOT_IN_PRESETS.map(|it| read(&plugin, it)).into();
        assert_eq!(after, kept);
    });
}

#[test]
fn an_incomplete_indexer_is_survived() {
    isolated(|| {
        let factory = factory();
        assert_eq!(factory.count(), 1);
        let id = factory.id(0).expect("there is a provider");
        for index in [1, 2, u32::MAX] {
            assert_eq!(factory.id(index), None);
        }
        assert!(factory.creates(true, Some(&id)));
        for (indexer, id) in [
            (false, Some(&*id)),
            (true, None),
            (false, None),
            (true, Some(c"")),
            (true, Some(c"io.github.tidepool-audio.tidepool")),
        ] {
            assert!(!factory.creates(indexer, id), "{indexer} {id:?}");
        }
        let without = |manners| factory.index(manners);
        let silent = IndexerManners {
            no_indexer_functions: true,
            ..IndexerManners::default()
        };
        assert!(without(silent).is_none(), "it starts without an indexer");
        let found = without(IndexerManners {
            no_receiver_functions: true,
            ..IndexerManners::default()
        });
        let all = presets::all().len();
        assert!(found.expect("it starts").presets.len() >= all);
        for stop_after in [0, 1, all - 1] {
            let found = without(IndexerManners {
                stop_after: Some(stop_after),
                ..IndexerManners::default()
            });
            assert_eq!(found.expect("it starts").presets.len(), stop_after);
        }
    });
}
