//! CSV (RFC 4180): raw values, times and numbers as the API gives them.

use serde_json::Value as Json;

use super::column::Column;

/// The line above the rows.
pub fn head(columns: &[Column]) -> String {
    line(columns.iter().map(|column| column.path.clone()))
}

/// A row.
pub fn row(columns: &[Column], row: &Json) -> String {
    line(columns.iter().map(|column| raw(column.value(row))))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&guarded(cell))).collect();
    cells.join(",") + "\r\n"
}

fn raw(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(raw).collect::<Vec<_>>().join(";")
        }
        other => other.to_string(),
    }
}

/// What a spreadsheet would take for a formula is made text by a leading apostrophe.
fn guarded(cell: String) -> String {
    let formula = cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    if formula { format!("'{cell}") } else { cell }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::column::columns;
    use super::*;

    #[test]
    fn values_stay_raw_and_are_quoted_where_needed() {
        let columns = columns("name tags cpu=state.cpu_ratio notes");
        let value = json!({"name": "a,b", "tags": ["x", "y"], "state": {"cpu_ratio": 0.5}, "notes": "=1+1"});
        assert_eq!(head(&columns), "name,tags,state.cpu_ratio,notes\r\n");
        assert_eq!(row(&columns, &value), "\"a,b\",x;y,0.5,'=1+1\r\n");
        assert_eq!(row(&columns, &json!({"name": "-3"})), "-3,,,\r\n");
    }
}
