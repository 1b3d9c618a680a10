//! Filtering and ordering of the list of presets.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::entry::{Entry, PresetId, fold};
use super::marks::Marks;
use super::{Category, texts};

/// Part of the list to which a search is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// All presets.
    #[default]
    All,
    /// Presets that come with the instrument.
    Factory,
    /// Presets of the user, damaged files included.
    User,
    /// Favourites.
    Favourites,
    /// Presets that were loaded last, the latest first, whatever the order of the search.
    Recent,
}

/// Order of the results. Entries that are equal in it are ordered by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// By category, in the order of [`Category::ALL`].
    Category,
    /// By author; presets without one are last.
    Author,
    /// By the time of the last change, the latest first; factory presets are last.
    Date,
}

/// Conditions of a search, which all have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that have to occur in name, category, author, tags or description; neither case nor accents matter.
    pub text: String,
    /// Category.
    pub category: Option<Category>,
    /// Tag, in any case.
    pub tag: Option<String>,
    /// Part of the list.
    pub shelf: Shelf,
    /// Order of the results.
    pub sort: Sort,
    /// True to reverse the order.
    pub reversed: bool,
}

impl Query {
    /// Returns the indices of the entries that fulfil the query, in its order. `entries` have to be ordered by name.
    pub(super) fn find(&self, entries: &[Entry], marks: &Marks) -> Vec<usize> {
        let text = fold(&self.text);
        let words: Vec<_> = text.split_whitespace().collect();
        let tag = self.tag.as_deref().map(texts::key);
        let fits = |entry: &Entry| {
            let on_shelf = match self.shelf {
                Shelf::All => true,
                Shelf::Factory => !entry.is_user(),
                Shelf::User => entry.is_user(),
                Shelf::Favourites => marks.is_favourite(&entry.id),
                Shelf::Recent => marks.recents().contains(&entry.id),
            };
            on_shelf
                && self
                    .category
                    .is_none_or(|category| entry.category == category)
                && tag.as_ref().is_none_or(|tag| entry.tag_keys.contains(tag))
                && words.iter().all(|word| entry.folded.contains(word))
        };
        let mut found: Vec<_> = (entries.iter().enumerate())
            .filter(|(_, entry)| fits(entry))
            .collect();
        if self.shelf == Shelf::Recent {
            let places = marks.recents().iter().zip(0_usize..);
            let places: HashMap<&PresetId, usize> = places.collect();
            found.sort_by_key(|(_, entry)| places.get(&entry.id));
        } else {
            found.sort_by(|(_, a), (_, b)| self.sort.compare(a, b));
            if self.reversed {
                found.reverse();
            }
        }
        found.into_iter().map(|(place, _)| place).collect()
    }
}

impl Sort {
    fn compare(self, a: &Entry, b: &Entry) -> Ordering {
        match self {
            // The list is in this order, which a stable sort keeps.
            Self::Name => Ordering::Equal,
            Self::Category => a.category.cmp(&b.category),
            Self::Author => {
                let empty_last = a.author.is_empty().cmp(&b.author.is_empty());
                empty_last.then_with(|| a.author_order.cmp(&b.author_order))
            }
            Self::Date => b.modified.cmp(&a.modified),
        }
    }
}
