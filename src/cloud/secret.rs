//! What looks like a password, a token or a private key.

use serde_json::Value;

/// Last words of keys that hold secrets.
const KEYS: [&str; 11] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "connection_string",
];

/// Parts of values that are secrets, or name one in the same text; in lower case.
const MARKS: [&str; 9] = [
    "-----begin",
    "password=",
    "passwd=",
    "pwd=",
    "accountkey=",
    "sharedaccesskey=",
    "ghp_",
    "github_pat_",
    "xoxb-",
];

/// Whether a key is the name of a secret.
pub fn secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['-', '.'], "_");
    KEYS.into_iter().any(|word| {
        let before = key.strip_suffix(word);
        before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

/// A value as it may be shown: what looks like a secret in it is not.
pub fn withheld(value: &Value) -> Value {
    let shown = |(key, value): (&String, &Value)| match secret_key(key) {
        true => (key.clone(), WITHHELD.into()),
        false => (key.clone(), withheld(value)),
    };
    match value {
        Value::Object(map) => map.iter().map(shown).collect(),
        Value::Array(list) => list.iter().map(withheld).collect(),
        Value::String(text) if secret_value(text) => WITHHELD.into(),
        other => other.clone(),
    }
}

const WITHHELD: &str = "(withheld)";

/// Whether a text is a secret, or has one in it.
pub fn secret_value(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    MARKS.into_iter().any(|mark| lower.contains(mark)) || access_key(text) || login(text)
}

/// An AWS access key id: AKIA or ASIA and 16 capitals or digits.
fn access_key(text: &str) -> bool {
    let rest = |mark| text.split(mark).skip(1);
    rest("AKIA").chain(rest("ASIA")).any(|rest: &str| {
        let capital = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        rest.bytes().take_while(capital).count() >= 16
    })
}

/// A URL with a password: scheme://user:password@host.
fn login(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.and_then(|user| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}
