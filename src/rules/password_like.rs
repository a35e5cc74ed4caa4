//! # password-like
//! A key or a value looks like a password, a token or a private key.
//!
//! **Why.** A policy is read by everyone who reviews it and lives in version control for ever; a
//! secret in it is a secret no more. backstay needs none: databases are reached by a service file,
//! clouds by their own logins.
//!
//! **Fix.** Remove it, and change the secret wherever it is in use: it may have been seen already.
use crate::cloud::{secret_key, secret_value};
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

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for tree in estate.workspace.trees() {
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
