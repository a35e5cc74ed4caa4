//! Command lines as data, quoted only when they are printed.

use std::fmt;

/// The folder of the rendered files, where none is named.
pub const RENDERED: &str = "generated";

/// A command that a person can paste into a POSIX shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<Word>,
    /// What comes after it, where it succeeded.
    next: Option<Box<Command>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(String),
    /// What another command prints, behind a text.
    Output(String, Command),
    /// A rendered file, behind a text: its folder and its path there.
    Rendered {
        before: &'static str,
        folder: String,
        path: String,
    },
}

impl Command {
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
        let none = Command {
            words: Vec::new(),
            next: None,
        };
        none.args(words)
    }

    pub fn arg(mut self, word: impl Into<String>) -> Command {
        self.words.push(Word::Text(word.into()));
        self
    }

    pub fn args<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Command {
        let words = words.into_iter();
        self.words.extend(words.map(|word| Word::Text(word.into())));
        self
    }

    /// The path of a rendered file.
    pub fn file(self, path: &str) -> Command {
        self.file_behind("", path)
    }

    /// The same behind what tells a client that it is a path.
    pub fn file_behind(mut self, before: &'static str, path: &str) -> Command {
        self.words.push(Word::Rendered {
            before,
            folder: RENDERED.to_owned(),
            path: path.to_owned(),
        });
        self
    }

    /// The same where the rendered files are in another folder.
    pub fn in_folder(mut self, name: &str) -> Command {
        for word in &mut self.words {
            if let Word::Rendered { folder, .. } = word {
                *folder = name.to_owned();
            }
        }
        self.next = self.next.map(|next| Box::new(next.in_folder(name)));
        self
    }

    /// A word that only the cloud knows: what `command` prints, behind `before`.
    pub fn output(mut self, before: &str, command: Command) -> Command {
        self.words.push(Word::Output(before.to_owned(), command));
        self
    }

    /// Its words. None where only the cloud knows one of them, or another command follows.
    pub fn words(&self) -> Option<Vec<String>> {
        let words = self.words.iter().map(|word| match word {
            Word::Text(text) => Some(text.clone()),
            Word::Rendered {
                before,
                folder,
                path,
            } => Some(format!("{before}{folder}/{path}")),
            Word::Output(..) => None,
        });
        words.collect::<Option<_>>().filter(|_| self.next.is_none())
    }

    /// The same, and then another one.
    pub fn then(mut self, next: Command) -> Command {
        self.next = Some(Box::new(next));
        self
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.words.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match word {
                Word::Text(text) => f.write_str(&shell_word(text))?,
                Word::Rendered {
                    before,
                    folder,
                    path,
                } => f.write_str(&shell_word(&format!("{before}{folder}/{path}")))?,
                Word::Output(before, command) => {
                    // An assignment needs no quotes where its name needs none.
                    let plain = before.strip_suffix('=').unwrap_or(before);
                    match plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
                        true => f.write_str(before)?,
                        false => f.write_str(&shell_word(before))?,
                    }
                    write!(f, "\"$({command})\"")?;
                }
            }
        }
        match &self.next {
            Some(next) => write!(f, " && {next}"),
            None => Ok(()),
        }
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
