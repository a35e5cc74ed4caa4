//! # password-like
//! A key or a value looks like a password, a token or a private key.
//!
//! **Why.** A policy is read by everyone who reviews it and lives in version control for ever; a
//! secret in it is a secret no more. backstay needs none: databases are reached by a service file,
//! clouds by their own logins.
//!
//! **Fix.** Remove it, and change the secret wherever it is in use: it may have been seen already.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Kind, Visit};
use crate::resolve::Estate;
use crate::source::Place;

pub static CODE: Code = Code::new(
    "password-like",
    Severity::Error,
    include_str!("password_like.rs"),
)
.hiding_its_line();

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

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for tree in estate
        .workspace
        .documents
        .iter()
        .filter_map(|d| d.tree.as_ref())
    {
        tree.walk(&mut |visit| match visit {
            // A name of the policy holds a map; a secret is a text or a number.
            Visit::Key(key, entry) if secret_key(key) => match entry.value.kind {
                Kind::Text(_) | Kind::Integer(_) | Kind::Float(_) => {
                    findings.push(secret(
                        entry.key,
                        "this key looks like a place for a secret",
                    ));
                }
                _ => {}
            },
            Visit::Key(key, entry) if secret_value(key) => {
                findings.push(secret(entry.key, "this key looks like a secret"));
            }
            Visit::Scalar(node) => {
                if let Kind::Text(text) = &node.kind
                    && secret_value(text)
                {
                    findings.push(secret(node.place, "this value looks like a secret"));
                }
            }
            Visit::Key(..) => {}
        });
    }
}

fn secret(place: Place, message: &str) -> Finding {
    Finding::new(&CODE, place, message)
        .why("whoever can read the policy could use it, now and in every older version")
        .fix("remove it, and change the secret where it is in use")
}

fn secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['-', '.'], "_");
    KEYS.into_iter().any(|word| {
        let before = key.strip_suffix(word);
        before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

fn secret_value(text: &str) -> bool {
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
