//! "Did you mean": the known word nearest to one that nobody knows. Left out: what to do with it, which is the
//! caller's message.

/// Returns the candidate nearest to the word, if it is near enough to be what was meant: at most a third of the
/// letters differ. Inserting, deleting, replacing a letter and swapping two neighbours count one each; letter case
/// and the choice between `-` and `_` count nothing. Of equally near ones the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any word of ours: not worth the walk, and the walk is quadratic.
    if word.len() > 100 {
        return None;
    }
    let word = fold(word);
    let scored = candidates.into_iter().filter_map(|candidate| {
        let other = fold(candidate);
        let distance = distance(&word, &other);
        (distance * 3 <= word.len().max(other.len()).max(3)).then_some((distance, candidate))
    });
    scored.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Optimal string alignment: edit distance with swaps of neighbours, three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        let distance = |a: &str, b: &str| distance(&fold(a), &fold(b));
        let table =
            [("", "", 0), ("", "ab", 2), ("relase", "release", 1), ("ab", "ba", 1), ("kitten", "sitting", 3)];
        for (a, b, expected) in table {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let keys = ["name", "release", "members", "after", "max_failures"];
        let table = [
            ("relase", Some("release")),
            ("Release", Some("release")),
            ("max-failures", Some("max_failures")),
            ("member", Some("members")),
            ("nmae", Some("name")),
            ("window", None),
            ("x", None),
            ("", None),
        ];
        for (word, expected) in table {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), keys), None);
    }
}
