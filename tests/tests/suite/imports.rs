//! No two files of a crate import each other, so that each can be read, and moved, without the other. A file and the
//! folder of its parts are one noun, and may.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};
use tidepool_tests::bundles;

use crate::house::below;

/// Source folders, one per crate.
const CRATES: [&str; 6] = [
    "dsp/src",
    "plugin/src",
    "plugin/host/src",
    "plugin/app/src",
    "tests/src",
    "xtask/src",
];

/// Path of a module below its crate.
type Module = Vec<String>;

#[test]
fn no_two_files_import_each_other() {
    let mut count = 0;
    let mut circles = Vec::new();
    for folder in CRATES {
        let imports = imports(&bundles::workspace().root.join(folder));
        for (module, imported) in &imports {
            count += imported.len();
            let back = |other: &&Module| imports[*other].contains(module);
            let related = |other: &Module| other.starts_with(module) || module.starts_with(other);
            for other in imported.iter().filter(back) {
                if module < other && !related(other) {
                    circles.push(format!("{folder}: {} and {}", name(module), name(other)));
                }
            }
        }
    }
    assert!(count > 500, "only {count} imports are found");
    assert!(circles.is_empty(), "import each other: {circles:#?}");
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let modules = ["", "a", "a::b", "a::c", "d"].map(module).into();
    let text =
        "use super::c::{X, Y}; use crate::{d::Z, e}; fn f() { super::super::d::g(); h::i(); }
        #[cfg(test)] mod tests { use crate::a::X; }";
    let found = imported(text, &module("a::b"), &modules);
    assert_eq!(
        found,
        BTreeSet::from([module("a::c"), module("d"), module("")])
    );
}

fn module(path: &str) -> Module {
    let parts = path.split("::").filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn name(module: &Module) -> String {
    format!("crate::{}", module.join("::"))
}

/// Modules that each file of a crate imports.
fn imports(source: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let is_source = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "rs") && !path.starts_with(source.join("bin"))
    };
    // A program and its library are one module here.
    let mut files: BTreeMap<Module, Vec<String>> = BTreeMap::new();
    for path in below(source).into_iter().filter(is_source) {
        let text = fs::read_to_string(&path).expect("the file is readable");
        files
            .entry(module_of(source, &path))
            .or_default()
            .push(text);
    }
    let modules = files.keys().cloned().collect();
    let imports = files.iter().map(|(module, texts)| {
        let found = texts
            .iter()
            .flat_map(|text| imported(text, module, &modules));
        (module.clone(), found.collect())
    });
    imports.collect()
}

/// Returns the module of a file below `source`.
fn module_of(source: &Path, file: &Path) -> Module {
    let below = file.strip_prefix(source).expect("the file is in the crate");
    let below = below.with_extension("");
    let parts = below.iter().map(|part| part.to_string_lossy().into_owned());
    let mut module: Module = parts.collect();
    if (module.last()).is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

fn imported(text: &str, module: &Module, modules: &BTreeSet<Module>) -> BTreeSet<Module> {
    let file = syn::parse_file(text).expect("the file is Rust");
    let mut visitor = Imports {
        module,
        modules,
        found: BTreeSet::new(),
    };
    visitor.visit_file(&file);
    visitor.found
}

struct Imports<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    found: BTreeSet<Module>,
}

impl Imports<'_> {
    /// Records the module of this crate that a path leads to, if it leads to another one.
    fn record(&mut self, path: &[String]) {
        let mut module = self.module.clone();
        let mut path = path;
        while let [first, rest @ ..] = path {
            match first.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => {
                    module.pop();
                }
                _ => break,
            }
            path = rest;
        }
        let mut child = module.clone();
        for part in path {
            child.push(part.clone());
            if !self.modules.contains(&child) {
                break;
            }
            module.clone_from(&child);
        }
        if module != *self.module {
            self.found.insert(module);
        }
    }

    fn record_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.record_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.record(&with(&name.ident)),
            UseTree::Rename(rename) => self.record(&with(&rename.ident)),
            UseTree::Glob(_) => self.record(before),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.record_tree(before, tree);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_test = |attribute: &Attribute| attribute.path().is_ident("cfg");
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.record_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if parts.len() > 1 {
            self.record(&parts);
        }
        visit::visit_path(self, path);
    }
}
