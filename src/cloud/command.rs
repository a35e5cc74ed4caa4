//! Command lines as data, quoted only when they are printed.

use std::fmt;

/// A command that a person can paste into a POSIX shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(String),
    /// What another command prints, behind a text.
    Output(String, Command),
}

impl Command {
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
        Command(Vec::new()).args(words)
    }

    pub fn arg(mut self, word: impl Into<String>) -> Command {
        self.0.push(Word::Text(word.into()));
        self
    }

    pub fn args<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Command {
        let words = words.into_iter();
        self.0.extend(words.map(|word| Word::Text(word.into())));
        self
    }

    /// A word that only the cloud knows: what `command` prints, behind `before`.
    pub fn output(mut self, before: &str, command: Command) -> Command {
        self.0.push(Word::Output(before.to_owned(), command));
        self
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match word {
                Word::Text(text) => f.write_str(&shell_word(text))?,
                Word::Output(before, command) if before.is_empty() => {
                    write!(f, "\"$({command})\"")?
                }
                Word::Output(before, command) => {
                    write!(f, "{}\"$({command})\"", shell_word(before))?;
                }
            }
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
