//! Tables aligned by display width.

use console::{measure_text_width, truncate_str};

use super::tone::{Tone, paint};

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its text, on one line.
    pub text: String,
    /// Its tone.
    pub tone: Tone,
    /// Whether it stands at the right, as numbers do.
    pub right: bool,
}

impl Cell {
    /// Text.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, right: false }
    }

    /// A number.
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain, right: true }
    }

    fn width(&self) -> usize {
        measure_text_width(&self.text)
    }
}

/// Blanks between columns.
const GAP: usize = 2;
/// A column is not made narrower than this.
const NARROWEST: usize = 8;

/// Rows under a heading, fitted to `width` where it is given by cutting the widest columns.
pub fn table(headings: &[String], rows: &[Vec<Cell>], width: Option<usize>, colours: bool) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| measure_text_width(heading)).collect();
    let mut right = vec![false; headings.len()];
    for row in rows {
        for (n, cell) in row.iter().enumerate().take(widths.len()) {
            widths[n] = widths[n].max(cell.width());
            right[n] |= cell.right;
        }
    }
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let mut text = String::new();
    if !headings.is_empty() && headings.iter().any(|heading| !heading.is_empty()) {
        let cells: Vec<Cell> = headings.iter().map(|heading| Cell::new(heading, Tone::Heading)).collect();
        line(&mut text, &cells, &widths, &right, colours);
    }
    for row in rows {
        line(&mut text, row, &widths, &right, colours);
    }
    text
}

fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > NARROWEST) else { return };
        *widest -= 1;
    }
}

fn line(text: &mut String, cells: &[Cell], widths: &[usize], right: &[bool], colours: bool) {
    let last = cells.len().min(widths.len()).saturating_sub(1);
    let mut row = String::new();
    for (n, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let shown = truncate_str(&cell.text, *width, "…");
        let blanks = " ".repeat(width.saturating_sub(measure_text_width(&shown)));
        let painted = paint(&shown, cell.tone, colours);
        if right[n] {
            row.push_str(&blanks);
        }
        row.push_str(&painted);
        if !right[n] && n < last {
            row.push_str(&blanks);
        }
        if n < last {
            row.push_str(&" ".repeat(GAP));
        }
    }
    text.push_str(row.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|text| Cell::new(*text, Tone::of(text))).collect()
    }

    #[test]
    fn columns_align_by_what_is_seen() {
        let headings = ["NAME".to_owned(), "STATUS".to_owned()];
        let rows = [row(&["東京-sw", "up"]), row(&["café", "down"])];
        assert_eq!(table(&headings, &rows, None, false), "NAME     STATUS\n東京-sw  up\ncafé     down\n");
    }

    #[test]
    fn numbers_stand_at_the_right() {
        let rows = [vec![Cell::number("5"), Cell::new("a", Tone::Plain)], vec![Cell::number("1,234"), Cell::new("b", Tone::Plain)]];
        assert_eq!(table(&["N".to_owned(), "X".to_owned()], &rows, None, false), "    N  X\n    5  a\n1,234  b\n");
    }

    #[test]
    fn the_widest_column_gives_way_on_a_narrow_terminal() {
        let rows = [row(&["core-1", "a very long description of a device"])];
        let text = table(&["NAME".to_owned(), "DESCRIPTION".to_owned()], &rows, Some(30), false);
        assert_eq!(text.lines().last(), Some("core-1  a very long descripti…"));
        assert!(text.lines().all(|line| measure_text_width(line) <= 30));
    }

    #[test]
    fn colours_do_not_move_columns() {
        let rows = [row(&["down", "x"]), row(&["up", "x"])];
        let painted = table(&["STATUS".to_owned(), "Y".to_owned()], &rows, None, true);
        let plain = table(&["STATUS".to_owned(), "Y".to_owned()], &rows, None, false);
        assert_ne!(painted, plain);
        assert_eq!(console::strip_ansi_codes(&painted), plain);
    }
}
