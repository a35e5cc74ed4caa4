//! Command lines as data, quoted only when they are printed.

use std::fmt;

/// A command that a person can paste into a POSIX shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Vec<String>);

impl Command {
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
        Command(words.into_iter().map(Into::into).collect())
    }

    pub fn arg(mut self, word: impl Into<String>) -> Command {
        self.0.push(word.into());
        self
    }

    pub fn args<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Command {
        self.0.extend(words.into_iter().map(Into::into));
        self
    }

    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&shell_word(word))?;
        }
        Ok(())
    }
}

/// A text as one shell word. NUL, which no shell word can hold, becomes U+FFFD; the policy refuses
/// control characters long before.
pub fn shell_word(text: &str) -> String {
    match shlex::try_quote(text) {
        Ok(word) => word.into_owned(),
        Err(_) => shell_word(&text.replace('\0', "\u{fffd}")),
    }
}
