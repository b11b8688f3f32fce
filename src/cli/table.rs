//! Plain tables for the terminal: columns as wide as they need to be, nothing drawn.

use std::fmt::Write as _;

/// Rows under headings.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// Adds a row. Control characters, which a client may have chosen, do not reach the terminal.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a String>) {
        let clean = |cell: &String| cell.chars().filter(|c| !c.is_control()).collect();
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    /// The table, or a sentence when it has no rows.
    pub fn or_else(&self, nothing: &str) -> String {
        if self.rows.len() < 2 {
            return format!("{nothing}\n");
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_control_characters_stay_out() {
        let mut table = Table::new(&["ID", "NAME"]);
        table.row([&"anna".to_owned(), &"Änna\u{1b}[31m".to_owned()]);
        table.row([&"b".to_owned(), &String::new()]);
        assert_eq!(table.or_else("none"), "ID    NAME\nanna  Änna[31m\nb\n");
        assert_eq!(Table::new(&["ID"]).or_else("none"), "none\n");
    }
}
