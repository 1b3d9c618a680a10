//! Suggestions for misspelled names, by the Jaro-Winkler similarity of words.

/// Least similarity of a suggestion, 0 to 1.
const LIKE: f64 = 0.6;
/// Characters of a word that are compared, more than any name has; bounds the time, which grows with the length.
const COMPARED: usize = 100;
/// Most suggestions.
const MOST: usize = 3;

/// Returns the names in `known` that are most similar to `word`, ignoring case, the most similar first. Each item lists
/// the alternative names of one thing; the first of them is returned.
pub fn suggest<'a, const N: usize>(
    word: &str,
    known: impl Iterator<Item = [&'a str; N]>,
) -> Vec<&'a str> {
    let word: String = word.chars().take(COMPARED).collect();
    let word = word.to_lowercase();
    let mut near: Vec<(f64, &str)> = known
        .filter_map(|words| {
            let likeness = words
                .iter()
                .map(|known| strsim::jaro_winkler(&word, &known.to_lowercase()))
                .fold(0.0, f64::max);
            let first = words.first()?;
            (likeness > LIKE).then_some((likeness, *first))
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.truncate(MOST);
    near.into_iter().map(|(_, word)| word).collect()
}

/// Returns the advice to look at the suggestions `near`, or `otherwise` if there are none.
pub fn advice(near: &[&str], otherwise: &str) -> String {
    match near {
        [] => otherwise.to_owned(),
        near => format!("the nearest: {}", near.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_comes_first_and_strangers_do_not_come() {
        let fruit = ["apple", "Apricot", "plum"];
        let near = |word| suggest(word, fruit.iter().map(|fruit| [*fruit]));
        assert_eq!(near("APRICOTS").first(), Some(&"Apricot"));
        assert!(near("zzz").is_empty());
        // Compared in full it would take hours.
        assert!(near(&"z".repeat(1 << 24)).is_empty());
        let known = [["cutoff", "Filter Frequency"], ["decay", "Env Decay"]];
        assert_eq!(suggest("filter freq", known.into_iter()), ["cutoff"]);
    }

    #[test]
    fn without_anything_near_there_is_other_advice() {
        assert_eq!(advice(&["a", "b"], "look around"), "the nearest: a, b");
        assert_eq!(advice(&[], "look around"), "look around");
    }
}
