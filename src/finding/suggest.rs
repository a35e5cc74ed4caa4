//! "Did you mean": the known word nearest to what was written.

/// The candidate that a typing mistake would turn into `word`, if one is near enough.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    candidates
        .into_iter()
        // Lengths that differ by more are no mistake in typing, and many or long names take long to compare.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many mistakes a word may have.
fn most(candidate: &str) -> usize {
    candidate.len().max(3) / 3
}
