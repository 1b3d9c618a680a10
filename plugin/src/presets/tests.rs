//! Tests of the factory's files, of the messages for mistakes, and of the round trip of a sound through a file.

mod full_disk;
mod index;
mod marks;
mod store;

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use tidepool_dsp::parameter::MatrixParameter;
use tidepool_dsp::{Parameter, Patch};

use super::*;

/// Least number of factory presets.
const MINIMUM: usize = 64;

/// Tags of the factory presets, which docs/presets.md lists.
const TAGS: [&str; 23] = [
    "acoustic",
    "airy",
    "bright",
    "clean",
    "dark",
    "deep",
    "dirty",
    "expressive",
    "glassy",
    "hard",
    "metallic",
    "mono",
    "moving",
    "noisy",
    "rhythmic",
    "short",
    "slow",
    "soft",
    "vintage",
    "vocal",
    "warm",
    "wide",
    "wooden",
];

/// Returns a preset file with these lines below `[parameters]`.
fn with(lines: &str) -> String {
    format!("name = \"A\"\ndescription = \"B.\"\n[parameters]\n{lines}")
}

fn mistake(text: &str) -> String {
    read("A.toml", Category::Bass, text)
        .expect_err(text)
        .to_string()
}

#[test]
fn every_factory_file_is_a_preset() {
    let errors: Vec<_> = errors().iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(all().len() >= MINIMUM, "{} presets", all().len());
    for category in all().iter().map(|preset| preset.category) {
        assert!(Category::FACTORY.contains(&category), "{category}");
    }
}

#[test]
fn the_page_shows_a_preset_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/presets.md");
    let page = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (before, rest) = page.split_once("```toml\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let (_, name) = before.rsplit_once("`tidepool presets show ").unwrap();
    let (name, _) = name.split_once('`').unwrap();
    let file = file(find(name).unwrap()).unwrap().replace("\r\n", "\n");
    assert!(
        shown == file,
        "docs/presets.md does not show plugin/presets/*/{name}.toml as it is; copy the file there"
    );
}

#[test]
fn names_are_short_and_there_once() {
    let mut names: Vec<_> = (all().iter())
        .map(|preset| preset.name.to_lowercase())
        .collect();
    names.sort_unstable();
    for pair in names.windows(2) {
        assert_ne!(pair[0], pair[1], "two presets of one name");
    }
    for Preset {
        name, description, ..
    } in all()
    {
        assert!(name.chars().count() <= LONGEST_NAME, "{name}");
        assert!(
            description.ends_with('.') && description.len() > 10,
            "{name} needs a sentence that says what it is: {description}"
        );
    }
}

/// Returns true if a slot of the matrix has `name` as its source or via.
fn is_routed(preset: &Preset, name: &str) -> bool {
    let inputs = [MatrixParameter::Source, MatrixParameter::Via];
    (0..Parameter::MATRIX_SLOTS).any(|slot| {
        inputs.into_iter().any(|input| {
            let parameter = Parameter::matrix_slot(slot, input);
            Preset::text(parameter, preset.patch.get(parameter)) == name
        })
    })
}

#[test]
fn factory_macros_have_names_where_they_do_something() {
    for preset in all() {
        assert_eq!(preset.author, "Tidepool", "{}", preset.name);
        for (number, name) in (1..).zip(&preset.macros) {
            let routed = is_routed(preset, &format!("Macro {number}"));
            assert_eq!(routed, !name.is_empty(), "{}: macro {number}", preset.name);
        }
    }
}

#[test]
fn factory_tags_are_two_to_four_of_the_list() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/presets.md");
    let page = fs::read_to_string(page).unwrap();
    let list = format!("The factory's tags are: {}.", TAGS.join(", "));
    assert!(page.contains(&list), "docs/presets.md lacks: {list}");
    for Preset { name, tags, .. } in all() {
        assert!((2..=4).contains(&tags.len()), "{name}: {tags:?}");
        for tag in tags {
            assert!(TAGS.contains(&tag.as_str()), "{name}: {tag}");
        }
    }
    for tag in TAGS {
        let has = |preset: &&Preset| preset.tags.iter().any(|it| it == tag);
        assert!(all().iter().filter(has).count() > 1, "{tag} is of no use");
    }
}

#[test]
fn factory_descriptions_tell_the_effect_of_the_wheel() {
    for preset in all() {
        let Preset {
            name, description, ..
        } = preset;
        let has_vibrato = preset.patch.get(Parameter::VibratoDepth) > 0.0;
        if has_vibrato || is_routed(preset, "Mod Wheel") {
            assert!(description.contains("wheel"), "{name}: {description}");
        }
        assert!(
            !has_vibrato || description.contains("vibrato"),
            "{name}: {description}"
        );
    }
}

#[test]
fn factory_files_say_what_differs_and_nothing_else() {
    for preset in all() {
        let text = file(preset).expect("it has a file");
        let table: toml::Table = text.parse().expect("it is TOML");
        let told = table["parameters"].as_table().expect("it is a table");
        for id in told.keys() {
            let said = preset
                .says()
                .any(|(parameter, _)| parameter.spec().id == id);
            assert!(
                said,
                "{}: {id} is what it is without being told",
                preset.name
            );
        }
    }
}

#[test]
fn factory_values_are_their_texts() {
    for preset in all() {
        for (parameter, value) in preset.says() {
            let spec = parameter.spec();
            let text = Preset::text(parameter, value);
            let back = crate::params::text::parse(spec, &text);
            assert_eq!(back, Some(value), "{}, {}: {text}", preset.name, spec.id);
        }
        let again = read("", preset.category, &preset.to_toml());
        assert_eq!(again.as_ref(), Ok(preset));
    }
}

#[test]
fn names_are_found_in_any_case_and_near_ones_are_told() {
    let first = &all()[0];
    assert_eq!(find(&format!(" {} ", first.name.to_uppercase())), Ok(first));
    let error = find(&format!("{}x", first.name)).expect_err("there is none of that name");
    assert_eq!(error.near.first(), Some(&first.name.as_str()));
    let sentence = find("\u{1}").expect_err("there is none").to_string();
    assert!(sentence.contains("`tidepool presets list`"), "{sentence}");
}

/// Returns a preset of the user without texts.
fn user(name: &str) -> Preset {
    Preset {
        name: name.to_owned(),
        category: Category::User,
        author: String::new(),
        tags: Vec::new(),
        description: String::new(),
        macros: Default::default(),
        patch: Patch::default(),
    }
}

/// Generates any text of at most `most` characters that fits into a line.
fn line(most: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..=most)
        .prop_map(|text| texts::one_line(&text.into_iter().collect::<String>()))
}

/// Generates any preset that can be stored.
fn presets() -> impl Strategy<Value = Preset> {
    let places = vec(
        prop_oneof![0.0_f32..=1.0, Just(0.0), Just(1.0)],
        Parameter::COUNT,
    );
    let category = (0..Category::ALL.len()).prop_map(|number| Category::ALL[number]);
    let macros = vec(line(texts::LONGEST_MACRO), MACROS);
    let tags = vec(line(texts::LONGEST_TAG), 0..=texts::MOST_TAGS);
    let lines = (
        line(texts::LONGEST_NAME),
        line(texts::LONGEST_AUTHOR),
        line(80),
    );
    (lines, category, tags, macros, places).prop_map(
        |((name, author, description), category, tags, macros, places)| {
            let mut patch = Patch::default();
            let sound = Parameter::all().filter(|parameter| !NOT_IN_PRESETS.contains(parameter));
            for (parameter, place) in sound.zip(places) {
                patch.set(parameter, parameter.spec().range.plain(place));
            }
            let comma = |tag: String| tag.replace(',', ";");
            let mut preset = Preset {
                name: if texts::name(&name).is_ok() {
                    name
                } else {
                    "A".to_owned()
                },
                category,
                author,
                tags: tags.into_iter().map(comma).collect(),
                description,
                macros: macros.try_into().expect("there are as many as macros"),
                patch,
            };
            preset.tidy();
            preset
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_preset_survives_the_way_to_a_file_and_back(preset in presets()) {
        let text = preset.to_toml();
        let back = read("A.toml", Category::Lead, &text);
        prop_assert_eq!(back.as_ref(), Ok(&preset));
    }

    #[test]
    fn any_text_is_a_preset_or_gets_one_line(text in ".{0,200}", typed in vec(any::<char>(), 0..50)) {
        let typed: String = typed.into_iter().collect();
        let texts = [text, with(&format!("cutoff = {typed:?}")), format!("tags = [{typed:?}]\n{}", with(""))];
        for text in texts {
            if let Err(error) = read("A.toml", Category::Bass, &text) {
                prop_assert!(!error.to_string().contains(char::is_control), "{}", error);
            }
        }
    }
}

#[test]
fn texts_as_typed_are_made_to_fit() {
    let mut preset = user(" a\tb ");
    preset.tags = ["", " dark", "Dark", "x\n"].map(str::to_owned).into();
    preset.macros[7] = "\n".to_owned();
    preset.tidy();
    assert_eq!(preset.name, "a b");
    assert_eq!(preset.tags, ["dark", "x"]);
    assert_eq!(preset.macros[7], "");
    assert_eq!(preset.check(), Ok(()));
    preset.author = "x".repeat(texts::LONGEST_AUTHOR + 1);
    assert!(
        preset
            .check()
            .unwrap_err()
            .contains("the author has 61 letters")
    );
}

#[test]
fn a_file_has_its_texts_and_its_category_before_its_folder() {
    let text = "name = \"A\"\ncategory = \"pads\"\nauthor = \"Ö\"\ntags = [\"dark\", \" mono \"]\n\
        [macros]\n2 = \"Blare\"\n8 = \"Room\"\n[parameters]\n";
    let preset = read("A.toml", Category::Bass, text).expect("a preset");
    assert_eq!(preset.category, Category::Pads);
    assert_eq!(preset.author, "Ö");
    assert_eq!(preset.tags, ["dark", "mono"]);
    assert_eq!(preset.description, "");
    assert_eq!(
        preset.macros,
        ["", "Blare", "", "", "", "", "", "Room"].map(str::to_owned)
    );
    let folder = read("A.toml", Category::Bass, &with("")).expect("a preset");
    assert_eq!(folder.category, Category::Bass);
}

#[test]
fn loading_leaves_alone_what_is_no_sound() {
    let mut current = Patch::default().with(Parameter::Cutoff, 300.0);
    for parameter in NOT_IN_PRESETS {
        let (_, max) = parameter.spec().range.ends();
        current.set(parameter, max);
    }
    let preset = read("", Category::Lead, &with("resonance = \"70 %\"")).expect("a preset");
    let loaded = preset.over(&current);
    for (parameter, value) in loaded.iter() {
        let expected = if NOT_IN_PRESETS.contains(&parameter) {
            current.get(parameter)
        } else {
            preset.patch.get(parameter)
        };
        assert_eq!(value, expected, "{parameter:?}");
    }
    assert_eq!(loaded.get(Parameter::Resonance), 0.7);
    assert_eq!(
        loaded.get(Parameter::Cutoff),
        Parameter::Cutoff.spec().default
    );
}

#[test]
fn each_mistake_has_its_sentence() {
    let cases = [
        ("name = ", "A.toml, line 1: is not TOML here ("),
        ("\n\n[parameters", "A.toml, line 3: is not TOML here ("),
        (
            "description = \"B.\"\n[parameters]",
            "A.toml: has no name; add",
        ),
        (
            "name = \"A\"\ndescription = \"B.\"",
            "A.toml: has no parameters; add",
        ),
        (
            "name = 3",
            "A.toml, line 1: name is not one line of text; write it as name = \"...\"",
        ),
        ("name = \" \"", "line 1: name is not one line"),
        (
            "name = \"A\"\ndescription = \"\"\"a\nb\"\"\"",
            "line 2: description is not one line",
        ),
        (
            "name = \"01234567890123456789012345678901234567890\"",
            "line 1: the name has 41 letters; 40 is the most",
        ),
        ("name = \"A/B\"", "line 1: the name has a \"/\""),
        (
            "nam = \"A\"",
            "line 1: there is nothing called \"nam\" here; the nearest: name",
        ),
        (
            "name = \"A\"\ncategory = \"Noises\"\n",
            "line 2: there is no category \"Noises\"; choose from Bass, Lead",
        ),
        (
            "author = [\"A\"]",
            "line 1: author is not one line of text; write it as author = \"...\"",
        ),
        (
            "tags = \"dark\"",
            "line 1: tags is not a list of texts; write it as tags = [\"dark\", \"mono\"]",
        ),
        ("tags = [\"a\", 3]", "tags is not a list of texts"),
        ("tags = [\"a\", \"A\"]", "the tag \"A\" is there twice"),
        ("macros = 1", "line 1: macros is not a table; write"),
        (
            "[macros]\n9 = \"A\"",
            "line 2: there is no macro \"9\"; its number is 1 to 8",
        ),
        ("[macros]\n01 = \"A\"", "there is no macro \"01\""),
        (
            "[macros]\n1 = \"abcdefghijklmnopqrstuvwxyz\"",
            "line 2: the name of the macro has 26 letters; 24 is the most",
        ),
        ("name = \"CON\"", "line 1: \"CON\" is the name of a device"),
        (
            "xyz = \"A\"",
            "there is nothing called \"xyz\" here; parameters go below the line [parameters]",
        ),
        (
            "cutoff = \"1 kHz\"",
            "\"cutoff\" is a parameter; put it below the line [parameters]",
        ),
        ("parameters = 7", "line 1: parameters is not a table; write"),
        (
            &with("\ncutof = \"1 kHz\""),
            "A.toml, line 5: there is no parameter \"cutof\"; the nearest: cutoff",
        ),
        (
            &with("\u{22}\u{22} = \"1\""),
            "there is no parameter \"\"; `tidepool params` lists them all",
        ),
        (
            &with("cutoff = 440"),
            "A.toml, line 4: cutoff: the value is not text; write it in quotes, such as cutoff = \"1.2 kHz\"",
        ),
        (
            &with("cutoff = \"90 kHz\""),
            "line 4: cutoff: \"90 kHz\" is not a value from 20 Hz to 20 kHz",
        ),
        (
            &with("cutoff = \"loud\""),
            "line 4: cutoff: \"loud\" is not a value from 20 Hz to 20 kHz",
        ),
        (
            &with("mode = \"Polly\""),
            "mode: \"Polly\" is not one of the choices; choose from Poly, Mono, Legato",
        ),
        (
            &with("slot1_source = \"LFO 4\""),
            "slot1_source: \"LFO 4\" is not one of the choices; the nearest: LFO ",
        ),
        (
            &with("slot1_destination = \"cutof\""),
            "is not one of the choices; the nearest: Cutoff",
        ),
        (
            &with("slot1_destination = \"\""),
            "is not one of the choices; `tidepool params slot1_destination` lists them",
        ),
        (
            &with("volume = \"-6 dB\""),
            "line 4: volume belongs to the player and not to a sound; take it out, and change the level",
        ),
        (
            &with("voices = \"3\""),
            "voices belongs to the player and not to a sound; take it out",
        ),
        (
            &with("cutoff = \"1 kHz\"\ncutoff = \"2 kHz\""),
            "line 5: is not TOML here (duplicate key",
        ),
        // Of two mistakes, the first in the file is reported.
        (
            &with("z = \"\"\na = \"\""),
            "A.toml, line 4: there is no parameter \"z\"",
        ),
    ];
    for (text, part) in cases {
        let sentence = mistake(text);
        assert!(
            sentence.contains(part) && !sentence.contains('\n'),
            "{text}\n{sentence}\n{part}"
        );
    }
}

#[test]
fn large_texts_are_refused_in_a_short_line() {
    let long = "x".repeat(1 << 20);
    let (deep, tables) = ("[".repeat(1 << 19), "[a.".repeat(1 << 18));
    let cases = [
        long.clone(),
        format!("name = \"{long}"),
        format!("name = \"{long}\""),
        format!("{long} = 1"),
        format!("[{long}]\n[{long}]"),
        format!("name = \"{}\"", "\\\"".repeat(1 << 19)),
        format!("{long} = 1\n{long} = 2"),
        with(&format!("{long} = \"1\"")),
        with(&format!("cutoff = \"{long}\"")),
        with(&format!("cutoff = \"1\"\ncutoff.{long} = \"1\"")),
        with(&format!("mode = \"{long}\"")),
        with(&format!("slot1_source = \"{long}\"")),
        format!("name = {deep}"),
        tables,
    ];
    for text in cases {
        let sentence = mistake(&text);
        let (start, length) = (sentence.get(..200).unwrap_or(""), sentence.len());
        assert!(
            length < 400 && !sentence.contains('\n'),
            "{:.60}: {length} bytes: {start}",
            text
        );
    }
}

#[test]
fn a_file_that_never_ends_is_refused() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let path = folder.path().join("large.toml");
    fs::write(&path, "#".repeat(1 + (1 << 20))).expect("it is written");
    let mut files = vec![path];
    if cfg!(unix) {
        files.push("/dev/zero".into());
    }
    for file in files {
        let sentence = open(&file).expect_err("it is too large").to_string();
        assert!(sentence.contains("is larger than 1 MiB"), "{sentence}");
    }
}

#[test]
fn a_file_from_anywhere_is_read_and_a_missing_one_is_told() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let path = folder.path().join("try.toml");
    let sentence = open(&path).expect_err("it is not there").to_string();
    assert!(
        sentence.contains("try.toml: cannot be read ("),
        "{sentence}"
    );
    fs::write(&path, with("")).expect("it is written");
    assert_eq!(
        open(&path).map(|preset| preset.category),
        Ok(Category::User)
    );
    let shelf = folder.path().join("Bells");
    fs::create_dir(&shelf).expect("a folder is made");
    fs::write(shelf.join("A.toml"), with("")).expect("it is written");
    assert_eq!(
        open(&shelf.join("A.toml")).map(|preset| preset.category),
        Ok(Category::Bells)
    );
}
