//! Patterns of `*` and `?` over dotted names.

/// True if the whole name matches.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    fn bytes(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                bytes(rest, name) || (!name.is_empty() && bytes(pattern, &name[1..]))
            }
            (Some((b'?', rest)), Some((_, tail))) => bytes(rest, tail),
            (Some((expected, rest)), Some((found, tail))) => expected == found && bytes(rest, tail),
            _ => false,
        }
    }
    bytes(pattern.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_cover_any_part() {
        assert!(matches("*.bias", "layer1.0.conv1.bias"));
        assert!(matches("bn?.*", "bn1.weight"));
        assert!(!matches("*.bias", "fc.weight"));
        assert!(!matches("fc", "fc.weight"));
    }
}
