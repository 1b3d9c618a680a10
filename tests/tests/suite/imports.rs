//! No two files of a crate import each other, so that each can be read, and moved, without the other. A file and the
//! folder of its parts are one noun, and may.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};
use tidepool_tests::bundles;

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

/// The modules that each file of a crate imports.
fn imports(source: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = BTreeMap::new();
    read(source, &mut Vec::new(), &mut files);
    let modules = files.keys().cloned().collect();
    let imports = files.iter().map(|(module, texts)| {
        let found = texts
            .iter()
            .flat_map(|text| imported(text, module, &modules));
        (module.clone(), found.collect())
    });
    imports.collect()
}

/// Reads the files of a folder by their modules.
fn read(folder: &Path, module: &mut Module, files: &mut BTreeMap<Module, Vec<String>>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("an entry is readable").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.expect("a file has a name");
        if path.is_dir() {
            if stem != "bin" {
                module.push(stem.to_owned());
                read(&path, module, files);
                module.pop();
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).expect("the file is readable");
            let mut module = module.clone();
            if !["lib", "main", "mod"].contains(&stem) {
                module.push(stem.to_owned());
            }
            // A program and its library are one module here.
            files.entry(module).or_default().push(text);
        }
    }
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
