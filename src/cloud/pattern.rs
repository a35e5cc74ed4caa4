//! Patterns in which `*` stands for anything.

/// Whether a text fits a pattern. Takes no more than the product of their lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // The last star, and how far the text was read when it was met: it takes in one byte more each
    // time that the rest does not fit.
    let mut star = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((before, taken)) => {
                    star = Some((before, taken + 1));
                    at = before + 1;
                    read = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[test]
fn a_star_is_anything() {
    let arn = "arn:aws:rds:us-east-1:123456789012:db:orders";
    for pattern in [
        arn,
        "*",
        "arn:aws:rds:*",
        "arn:aws:rds:*:*:db:*",
        "*orders",
        "*o*r*d*s*",
    ] {
        assert!(matches(pattern, arn), "{pattern}");
    }
    for pattern in [
        "",
        "arn:aws:rds:*:db:ledger",
        "arn:aws:s3:*",
        "orders",
        "*order",
    ] {
        assert!(!matches(pattern, arn), "{pattern}");
    }
    let stars = "a*".repeat(5_000);
    assert!(!matches(&(stars + "b"), &"a".repeat(10_000)));
}
