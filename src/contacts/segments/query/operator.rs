//! Reads what is asked of a field: the operators, and the values behind them.

use super::MOST_VALUES;
use super::day_operator::moved;
use super::days::Window;
use super::field::{Field, Holds};
use super::misread::Misread;
use super::parse::Parser;
use super::subject::in_form_of;
use super::suggest::nearest;
use super::tokens::Kind;
use super::tree::{How, Range64, Test};
use crate::contacts::normal::fold::folded;
use crate::store::fields::FieldKind;

const OF_TEXTS: [&str; 16] = [
    "is",
    "is not",
    "contains",
    "does not contain",
    "starts with",
    "does not start with",
    "ends with",
    "does not end with",
    "is any of",
    "is none of",
    "contains any of",
    "is known",
    "is unknown",
    "is empty",
    "=",
    "!=",
];

const OF_NUMBERS: [&str; 14] = [
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "greater than",
    "less than",
    "at least",
    "at most",
    "between",
    "is any of",
    "is known",
    "is unknown",
];

const OF_DAYS: [&str; 19] = [
    "is",
    "before",
    "after",
    "on or before",
    "on or after",
    "between",
    "older than",
    "within",
    "more than",
    "less than",
    "in last",
    "in next",
    "in this",
    "is today",
    "is yesterday",
    "is tomorrow",
    "is known",
    "is unknown",
    "not within",
];

/// What is asked of a field, and whether it is asked to be otherwise.
pub(super) type Asked = (Test, bool);

impl Parser<'_> {
    /// What is asked of `field`.
    pub(super) fn operator(&mut self, field: Field) -> Result<Asked, Misread> {
        let from = self.at;
        let mut said_is = self.accept_one(&["is", "are", "was"]);
        let does = !said_is && self.accept_one(&["does", "do"]);
        let mut negated = self.accept(&["not"]);
        if !said_is && !does && !negated && self.accept_one(&["isn't", "doesn't"]) {
            (said_is, negated) = (true, true);
        }
        if self.accept_kind(&Kind::Sign("!=")) {
            let (test, _) = self.compared(field, "=")?;
            return Ok((test, !negated));
        }
        for sign in ["=", "<=", ">=", "<", ">"] {
            if self.accept_kind(&Kind::Sign(sign)) {
                let (test, otherwise) = self.compared(field, sign)?;
                return Ok((test, negated != otherwise));
            }
        }
        if self.accept_one(&["known", "set", "filled"]) {
            return Ok((Test::Known(field), negated));
        }
        if self.accept_one(&["unknown", "empty", "unset"]) {
            return Ok((Test::Known(field), !negated));
        }
        let test = match field.holds() {
            Holds::Text | Holds::Phone => self.of_texts(field.clone(), said_is)?,
            Holds::Bool => self.of_yes(field.clone(), said_is),
            Holds::Number => self.of_numbers(field.clone(), said_is)?,
            Holds::Past | Holds::Coming | Holds::Yearly => self.of_days(field.clone(), said_is)?,
            Holds::Presence => {
                let at = std::mem::replace(&mut self.at, from);
                return Err(self.no_operator(&field, at, &["is known", "is unknown"]));
            }
        };
        if let Some((test, otherwise)) = test {
            return Ok((test, negated != otherwise));
        }
        let at = self.at;
        self.at = from;
        let known: &[&str] = match field.holds() {
            Holds::Number => &OF_NUMBERS,
            Holds::Past | Holds::Coming | Holds::Yearly => &OF_DAYS,
            Holds::Bool => &["is yes", "is no", "is known"],
            _ => &OF_TEXTS,
        };
        Err(self.no_operator(&field, at, known))
    }

    /// The operator that begins here is none; reading got to the token `at`.
    fn no_operator(&mut self, field: &Field, at: usize, known: &[&str]) -> Misread {
        let from = self.at;
        self.at = at;
        let all = format!("Of `{}` can be asked: {}.", field.name(), known.join(", "));
        let Some(word) = self.word(0) else {
            let message = format!("What is asked of `{}` is missing here.", field.name());
            return Misread::new(self.here(), message).with(all);
        };
        let typed = format!("{} {word}", self.text.get(self.since(from)).unwrap_or_default());
        let typed = if at > from { typed } else { word.clone() };
        // What was read already is not suggested.
        let first = known.iter().filter_map(|known| known.split(' ').next());
        let first = first.filter(|_| at == from);
        let words = known.iter().copied().chain(first);
        let near = nearest(&typed, words.clone()).or_else(|| nearest(&word, words));
        let message = format!("`{word}` cannot be asked of `{}`.", field.name());
        let help = near.map_or(all, |near| format!("Did you mean `{near}`?"));
        Misread::new(self.here(), message).with(help)
    }

    /// What a sign compares.
    fn compared(&mut self, field: Field, sign: &str) -> Result<Asked, Misread> {
        let at = self.since(self.at.saturating_sub(1));
        let test = match (field.holds(), sign) {
            (Holds::Text | Holds::Phone, "=") => self.texts(field, How::Is)?,
            (Holds::Bool, "=") => match self.of_yes(field, true) {
                Some(asked) => return Ok(asked),
                None => return Err(Misread::new(self.here(), "Here `yes` or `no` was expected.")),
            },
            (Holds::Number, _) => {
                let number = self.number()?;
                Test::Number(field, vec![side(sign, number)])
            }
            (Holds::Past | Holds::Coming | Holds::Yearly, _) => {
                let day = self.day(field.holds() == Holds::Yearly && sign == "=")?;
                let (from, to) = match sign {
                    "<" => (None, Some(moved(day, -1))),
                    "<=" => (None, Some(day)),
                    ">" => (Some(moved(day, 1)), None),
                    ">=" => (Some(day), None),
                    _ => (Some(day), Some(day)),
                };
                Test::Day(field, Window { from, to })
            }
            _ => {
                let message = format!("`{sign}` cannot be asked of `{}`.", field.name());
                return Err(Misread::new(at, message).with("Numbers and days can be compared."));
            }
        };
        Ok((test, false))
    }

    // === texts ===

    fn of_texts(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
        let how = if self.accept_one(&["contains", "contain", "includes", "include"]) {
            How::Contains
        } else if self.word(1).as_deref() == Some("with")
            && self.accept_one(&["starts", "start", "begins", "begin"])
        {
            self.at += 1;
            How::Starts
        } else if self.word(1).as_deref() == Some("with") && self.accept_one(&["ends", "end"]) {
            self.at += 1;
            How::Ends
        } else if self.accept(&["none", "of"]) {
            let values = self.values(&field, How::Is)?;
            return Ok(Some((Test::Text(field, How::Is, values), true)));
        } else if said_is || matches!(self.word(0).as_deref(), Some("any" | "one" | "in")) {
            How::Is
        } else {
            return Ok(None);
        };
        if self.accept(&["any", "of"]) || self.accept(&["one", "of"]) || self.accept(&["in"]) {
            let values = self.values(&field, how)?;
            return Ok(Some((Test::Text(field, how, values), false)));
        }
        Ok(Some((self.texts(field, how)?, false)))
    }

    /// Does a text of `field` compare so to the value that comes next?
    pub(super) fn texts(&mut self, field: Field, how: How) -> Result<Test, Misread> {
        let value = self.value(&field, how)?;
        Ok(Test::Text(field, how, vec![value]))
    }

    fn values(&mut self, field: &Field, how: How) -> Result<Vec<String>, Misread> {
        self.list(|parser| parser.value(field, how))
    }

    /// Several values with commas between them, in parentheses or not.
    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        let opened = self.here();
        let has_parentheses = self.accept_kind(&Kind::Open);
        let mut values = vec![one(self)?];
        while self.accept_kind(&Kind::Comma) {
            if values.len() == MOST_VALUES {
                let message = format!("This list has more than {MOST_VALUES} values.");
                return Err(Misread::new(self.here(), message));
            }
            values.push(one(self)?);
        }
        if has_parentheses && !self.accept_kind(&Kind::Close) {
            return Err(match self.peek() {
                None => Misread::new(opened, "This parenthesis is not closed."),
                Some(token) => Misread::new(token.at.clone(), "Here `,` or `)` was expected.")
                    .with("Texts of several words stand in quotes."),
            });
        }
        Ok(values)
    }

    fn value(&mut self, field: &Field, how: How) -> Result<String, Misread> {
        let at = self.here();
        let text = match self.next().map(|token| token.kind) {
            Some(Kind::Word(word)) if !matches!(&*word.to_lowercase(), "and" | "or") => word,
            Some(Kind::Quoted(text)) => text,
            _ => {
                let message = format!("A value for `{}` is missing here.", field.name());
                return Err(Misread::new(at, message));
            }
        };
        if let (Field::Own(own), How::Is, false) = (field, how, self.names.is_stored)
            && let FieldKind::Choice(choices) = &own.kind
            && !choices.iter().any(|choice| folded(choice) == folded(&text))
        {
            let message = format!("`{text}` is no choice of `{}`.", own.name);
            let near = nearest(&text, choices.iter().map(String::as_str));
            return Err(Misread::new(at, message).with(near.map_or_else(
                || format!("Choices are: {}.", choices.join(", ")),
                |near| format!("Did you mean \"{near}\"?"),
            )));
        }
        let value = in_form_of(field, &text);
        if value.is_empty() {
            let help = format!("Whether there is anything: {} is unknown", field.name());
            return Err(Misread::new(at, "This text has nothing in it to compare.").with(help));
        }
        Ok(value)
    }

    fn of_yes(&mut self, field: Field, said_is: bool) -> Option<Asked> {
        let yes = match self.word(0).as_deref() {
            Some("yes" | "true" | "on" | "1") if said_is => true,
            Some("no" | "false" | "off" | "0") if said_is => false,
            _ => return None,
        };
        self.at += 1;
        let value = if yes { "yes" } else { "no" };
        Some((Test::Text(field, How::Is, vec![value.to_owned()]), false))
    }

    // === numbers ===

    fn of_numbers(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
        let ranges = if self.accept(&["between"]) {
            let (from, at) = (self.number()?, self.here());
            if !self.accept(&["and"]) {
                return Err(Misread::new(at, "Here `and` was expected: between 1 and 3"));
            }
            vec![Range64 { from, with_from: true, to: self.number()?, with_to: true }]
        } else if self.accept(&["any", "of"]) || self.accept(&["one", "of"]) {
            self.list(Self::number)?.into_iter().map(Range64::only).collect()
        } else if self.accept(&["none", "of"]) {
            let only = self.list(Self::number)?.into_iter().map(Range64::only).collect();
            return Ok(Some((Test::Number(field, only), true)));
        } else {
            let sign = if self.accept(&["greater", "than"]) || self.accept(&["more", "than"]) {
                ">"
            } else if self.accept(&["less", "than"]) || self.accept(&["fewer", "than"]) {
                "<"
            } else if self.accept(&["at", "least"]) {
                ">="
            } else if self.accept(&["at", "most"]) {
                "<="
            } else if said_is {
                "="
            } else {
                return Ok(None);
            };
            vec![side(sign, self.number()?)]
        };
        Ok(Some((Test::Number(field, ranges), false)))
    }

    fn number(&mut self) -> Result<f64, Misread> {
        let at = self.here();
        let number = self.word(0).and_then(|word| word.parse::<f64>().ok());
        match number.filter(|number| number.is_finite()) {
            Some(number) => {
                self.at += 1;
                // Units read well, and say nothing: cadence at most 30 days.
                self.accept_one(&["days", "day", "years", "year", "times"]);
                Ok(number)
            }
            None => Err(Misread::new(at, "Here a number was expected.")),
        }
    }
}

fn side(sign: &str, number: f64) -> Range64 {
    let all =
        Range64 { from: f64::NEG_INFINITY, with_from: true, to: f64::INFINITY, with_to: true };
    match sign {
        "<" => Range64 { to: number, with_to: false, ..all },
        "<=" => Range64 { to: number, ..all },
        ">" => Range64 { from: number, with_from: false, ..all },
        ">=" => Range64 { from: number, ..all },
        _ => Range64::only(number),
    }
}
