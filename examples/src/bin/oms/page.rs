//! Text for a terminal: headings, folded paragraphs and tables within a width.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

/// No line is longer than this, and none is folded below the other.
const WIDTH_MAX: u16 = 100;
const WIDTH_MIN: u16 = 60;

/// Longer lists are cut; JSON has them whole.
pub(crate) const ROWS_MAX: usize = 60;

/// Text under construction.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    width: u16,
}

impl Page {
    /// An empty page as wide as the terminal, or as COLUMNS says, within limits.
    pub(crate) fn new() -> Self {
        let told = std::env::var("COLUMNS").ok();
        let told = told.and_then(|columns| columns.parse().ok());
        let seen = || {
            let size = console::Term::stdout().size_checked();
            size.map(|(_, columns)| columns)
        };
        let width: u16 = told.or_else(seen).unwrap_or(WIDTH_MAX);
        Self::with_width(width.clamp(WIDTH_MIN, WIDTH_MAX))
    }

    const fn with_width(width: u16) -> Self {
        Self {
            text: String::new(),
            width,
        }
    }

    /// The text, without an empty line at its beginning.
    pub(crate) fn finish(self) -> String {
        match self.text.strip_prefix('\n') {
            Some(rest) => rest.to_owned(),
            None => self.text,
        }
    }

    /// A line as it is, however long.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A heading with an empty line before it.
    pub(crate) fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.line(title);
        self.line(&"-".repeat(title.chars().count()));
    }

    /// A paragraph of a list.
    pub(crate) fn bullet(&mut self, text: &str) {
        self.fold("* ", "  ", text);
    }

    /// A paragraph folded at the width, after `first`, its further lines after `indent`.
    pub(crate) fn fold(&mut self, first: &str, indent: &str, text: &str) {
        let width = usize::from(self.width);
        let mut line = first.to_owned();
        let mut fresh = true;
        for word in text.split_whitespace() {
            let needed = line.chars().count() + word.chars().count() + usize::from(!fresh);
            if needed > width && !fresh {
                self.line(&line);
                indent.clone_into(&mut line);
                fresh = true;
            }
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
            fresh = false;
        }
        self.line(&line);
    }

    /// A table; the columns named in `numbers` are aligned at the right and never folded.
    pub(crate) fn table(&mut self, header: &[&str], numbers: &[usize], rows: Vec<Vec<String>>) {
        let cut = rows.len().saturating_sub(ROWS_MAX);
        let mut table = Table::new();
        table.load_preset(presets::ASCII_MARKDOWN);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width);
        table.set_header(header.to_vec());
        table.add_rows(rows.into_iter().take(ROWS_MAX));
        for number in numbers {
            if let Some(column) = table.column_mut(*number) {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in table.lines() {
            self.line(&line);
        }
        if cut > 0 {
            self.line(&format!("... and {cut} more; --json lists all."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn paragraphs_are_folded_between_words() {
        let mut page = Page::with_width(10);
        page.bullet("one two three");
        page.bullet("far-too-long-for-a-line");
        assert_eq!(
            page.finish(),
            "* one two\n  three\n* far-too-long-for-a-line\n"
        );
    }

    #[test]
    fn tables_keep_to_the_width() {
        let mut page = Page::with_width(60);
        let long = "word ".repeat(40);
        page.table(&["a", "b"], &[0], vec![vec!["1".to_owned(), long]]);
        let text = page.finish();
        assert!(text.lines().count() > 3);
        assert!(
            text.lines().all(|line| line.chars().count() <= 60),
            "{text}"
        );
    }
}
