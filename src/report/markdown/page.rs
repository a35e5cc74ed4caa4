//! A comment that keeps under GitHub's limit. No table, list or fold is cut open: what does not fit
//! is counted at the end.

/// The longest comment that GitHub takes, in characters, less what counts the rest of a cut one.
const LONGEST: usize = 65_536 - 1_024;

/// What belongs together: some lines of Markdown between two texts.
pub(super) struct Section {
    pub open: String,
    /// Whole rows or items, each with its line ends.
    pub lines: Vec<String>,
    pub close: &'static str,
}

impl Section {
    pub(super) fn text(text: String) -> Section {
        Section {
            open: text,
            lines: Vec::new(),
            close: "",
        }
    }
}

#[derive(Default)]
pub(super) struct Page {
    text: String,
    characters: usize,
    left_out: usize,
}

impl Page {
    /// Adds as many lines as there is room for, in their order.
    pub(super) fn add(&mut self, sections: impl IntoIterator<Item = Section>) {
        for Section { open, lines, close } in sections {
            let frame = length(&open) + length(close);
            let room = LONGEST.saturating_sub(self.characters + frame);
            let mut characters = 0;
            let fitting = lines.iter().take_while(|line| {
                characters += length(line);
                characters <= room
            });
            let count = fitting.count();
            let is_full = self.characters + frame > LONGEST;
            if is_full || (count == 0 && !lines.is_empty()) {
                self.left_out += lines.len().max(1);
                continue;
            }
            self.push(&open);
            lines[..count].iter().for_each(|line| self.push(line));
            self.push(close);
            self.left_out += lines.len() - count;
        }
    }

    fn push(&mut self, text: &str) {
        self.text += text;
        self.characters += length(text);
    }

    pub(super) fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text += "\n";
        if self.left_out > 0 {
            self.text += &format!(
                "\n{} more did not fit: a comment has a limit. The JSON report has them all.\n",
                self.left_out
            );
        }
        self.text
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
