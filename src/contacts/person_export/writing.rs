//! How an export is written: as one JSON object, or as text with headings (Markdown).

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::base::Fault;

/// Takes what is written piece by piece.
pub type Pieces = mpsc::Sender<Bytes>;

/// Small pieces go together.
const PIECE: usize = 64 << 10;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object, for programs.
    Json,
    /// Text with headings, for people.
    Text,
}

/// What is being written.
pub(super) struct Writing<'a> {
    form: Form,
    pieces: &'a Pieces,
    ready: BytesMut,
    sections: usize,
    items: usize,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(form: Form, pieces: &'a Pieces) -> Self {
        let mut ready = BytesMut::with_capacity(PIECE);
        if form == Form::Json {
            ready.extend_from_slice(b"{");
        }
        Self { form, pieces, ready, sections: 0, items: 0 }
    }

    /// Begins a list of items.
    pub(super) async fn section(&mut self, name: &str, title: &str) -> Result<(), Fault> {
        let begun = match self.form {
            Form::Json => {
                let before = if self.sections > 0 { "]," } else { "" };
                format!("{before}\n{}:[", Value::from(name))
            }
            Form::Text => {
                let before = if self.sections > 0 { "\n" } else { "" };
                format!("{before}# {title}\n")
            }
        };
        self.sections += 1;
        self.items = 0;
        self.put(begun.as_bytes()).await
    }

    /// Writes an item of the list.
    pub(super) async fn item(&mut self, item: &Value) -> Result<(), Fault> {
        let written = match self.form {
            Form::Json => {
                let before = if self.items > 0 { "," } else { "" };
                format!("{before}\n{item}")
            }
            Form::Text => {
                let mut text = String::from("\n");
                plain(item, "", &mut text);
                text
            }
        };
        self.items += 1;
        self.put(written.as_bytes()).await
    }

    /// Ends the whole.
    pub(super) async fn end(mut self) -> Result<(), Fault> {
        if self.form == Form::Json {
            self.ready.extend_from_slice(b"]\n}\n");
        }
        let rest = std::mem::take(&mut self.ready);
        self.send(rest.freeze()).await
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.ready.extend_from_slice(bytes);
        if self.ready.len() < PIECE {
            return Ok(());
        }
        let piece = self.ready.split().freeze();
        self.send(piece).await
    }

    async fn send(&self, piece: Bytes) -> Result<(), Fault> {
        let sent = self.pieces.send(piece).await;
        sent.map_err(|_| Fault::new(499, "Nobody reads what is printed."))
    }
}

/// A value as lines for people; texts of several lines are set in.
fn plain(value: &Value, name: &str, into: &mut String) {
    let said = match value {
        Value::Null => return,
        Value::String(text) if text.is_empty() => return,
        Value::String(text) if text.trim_end().contains('\n') => {
            into.extend(["- ", name, ":\n"]);
            for line in text.lines() {
                into.extend(["      ", line, "\n"]);
            }
            return;
        }
        Value::String(text) => text.trim_end().to_owned(),
        Value::Array(all) => {
            let all: Vec<String> = all
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            if all.is_empty() {
                return;
            }
            all.join(", ")
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                plain(value, name, into);
            }
            return;
        }
        other => other.to_string(),
    };
    into.extend(["- ", name, ": ", &said, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    async fn written(form: Form) -> String {
        let (pieces, mut read) = mpsc::channel(9);
        let mut writing = Writing::begin(form, &pieces);
        writing.section("cards", "Cards").await.unwrap();
        writing
            .item(&json!({"place": "a/b", "card": "BEGIN\r\nEND\r\n", "none": null}))
            .await
            .unwrap();
        writing.item(&json!({"place": "# c", "tags": ["x", "y"]})).await.unwrap();
        writing.section("audit", "Audit").await.unwrap();
        writing.end().await.unwrap();
        drop(pieces);
        let mut all = Vec::new();
        while let Some(piece) = read.recv().await {
            all.extend_from_slice(&piece);
        }
        String::from_utf8(all).unwrap()
    }

    #[tokio::test]
    async fn both_forms_say_the_same() {
        let value: Value = serde_json::from_str(&written(Form::Json).await).unwrap();
        assert_eq!(value["cards"][0]["place"], "a/b");
        assert_eq!(
            (value["cards"].as_array().unwrap().len(), value["audit"].as_array().unwrap().len()),
            (2, 0)
        );
        let text = written(Form::Text).await;
        assert_eq!(
            text,
            "# Cards\n\n- card:\n      BEGIN\n      END\n- place: a/b\n\n- place: # c\n- tags: x, y\n\
             \n# Audit\n"
        );
    }
}
