//! One property taken apart so that it can be changed and written again.

use super::line::Line;
use super::param;

/// A property that can be edited. Parameters keep their order, their spelling and their quotes
/// unless they are changed; a bare vCard 2.1 parameter gets the name it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// `item1` of `item1.TEL`.
    pub group: Option<String>,
    /// The name as written.
    pub name: String,
    /// Name and raw value of each parameter.
    params: Vec<(String, String)>,
    /// The value, still escaped.
    pub value: String,
}

impl Property {
    /// A property without group and parameters; `value` is escaped already.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { group: None, name: name.to_owned(), params: Vec::new(), value: value.into() }
    }

    /// The property on `line`; nothing when the line has no colon or is not UTF-8.
    pub fn read(line: &Line<'_>) -> Option<Self> {
        if !line.has_value() {
            return None;
        }
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).ok();
        let params = line.params().filter(|p| !p.bare || !p.value.trim_ascii().is_empty());
        Some(Self {
            group: match line.group() {
                Some(group) => Some(text(group)?),
                None => None,
            },
            name: text(line.name())?,
            params: params.map(|p| Some((text(p.name)?, text(p.value)?))).collect::<Option<_>>()?,
            value: text(&line.value())?,
        })
    }

    /// The unfolded line.
    pub fn write(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.name.len() + self.value.len() + 32);
        if let Some(group) = &self.group {
            line.extend_from_slice(group.as_bytes());
            line.push(b'.');
        }
        line.extend_from_slice(self.name.as_bytes());
        for (name, value) in &self.params {
            line.push(b';');
            line.extend_from_slice(name.as_bytes());
            line.push(b'=');
            line.extend_from_slice(value.as_bytes());
        }
        line.push(b':');
        line.extend_from_slice(self.value.as_bytes());
        line
    }

    /// Whether there is a parameter `name`.
    pub fn has(&self, name: &str) -> bool {
        self.params.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The values of the first parameter `name`, unquoted, several joined with `,`.
    pub fn param(&self, name: &str) -> Option<String> {
        let (_, raw) = self.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(plain(raw))
    }

    /// Whether the parameter `name` is `value`, in any case.
    pub fn param_is(&self, name: &str, value: &str) -> bool {
        self.param(name).is_some_and(|v| v.eq_ignore_ascii_case(value))
    }

    /// Takes every parameter `name` out and gives the value of the first one.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let value = self.param(name)?;
        self.params.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        Some(value)
    }

    /// Takes the parameter `name` out where it is `value`, in any case.
    pub fn drop_where(&mut self, name: &str, value: &str) {
        self.params.retain(|(n, raw)| {
            !(n.eq_ignore_ascii_case(name) && plain(raw).eq_ignore_ascii_case(value))
        });
    }

    /// Sets the parameter `name` to the text `value`, in its place or at the end.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_raw(name, param::encode(value));
    }

    /// Sets the parameter `name` to these values.
    pub fn set_all(&mut self, name: &str, values: &[String]) {
        let raw: Vec<_> = values.iter().map(|value| param::encode(value)).collect();
        self.set_raw(name, raw.join(","));
    }

    fn set_raw(&mut self, name: &str, raw: String) {
        let place = self.params.iter().position(|(n, _)| n.eq_ignore_ascii_case(name));
        match place.and_then(|at| self.params.get_mut(at)) {
            Some(param) => param.1 = raw,
            None => self.params.push((name.to_owned(), raw)),
        }
    }

    /// Gives the parameter `name` the name `other`.
    pub fn rename(&mut self, name: &str, other: &str) {
        for (n, _) in self.params.iter_mut().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
            other.clone_into(n);
        }
    }

    /// All `TYPE` values, lists taken apart.
    pub fn types(&self) -> Vec<String> {
        let of_types = self.params.iter().filter(|(n, _)| n.eq_ignore_ascii_case("TYPE"));
        of_types.flat_map(|(_, raw)| listed(raw)).collect()
    }

    /// Writes all `TYPE` values as one parameter, in the place of the first one.
    pub fn set_types(&mut self, types: &[String]) {
        if types.is_empty() {
            self.params.retain(|(n, _)| !n.eq_ignore_ascii_case("TYPE"));
            return;
        }
        self.set_all("TYPE", types);
        let mut seen = false;
        self.params.retain(|(n, _)| {
            !n.eq_ignore_ascii_case("TYPE") || !std::mem::replace(&mut seen, true)
        });
    }

    /// Takes `kind` out of the `TYPE` values; whether it was there.
    pub fn take_type(&mut self, kind: &str) -> bool {
        let mut found = false;
        self.params.retain_mut(|(name, raw)| {
            if !name.eq_ignore_ascii_case("TYPE") {
                return true;
            }
            let types = listed(raw);
            let kept: Vec<_> = types.iter().filter(|t| !t.eq_ignore_ascii_case(kind)).collect();
            if kept.len() < types.len() {
                found = true;
                *raw = kept.iter().map(|t| param::encode(t)).collect::<Vec<_>>().join(",");
            }
            !kept.is_empty() || types.is_empty()
        });
        found
    }

    /// Adds a `TYPE` parameter for `kind` unless it is there.
    pub fn add_type(&mut self, kind: &str) {
        if !self.types().iter().any(|t| t.eq_ignore_ascii_case(kind)) {
            self.params.push(("TYPE".to_owned(), param::encode(kind)));
        }
    }

    /// Writes `TYPE="voice,cell"` as `TYPE=voice,cell`.
    pub fn unquote_types(&mut self) {
        for (_, raw) in self.params.iter_mut().filter(|(n, _)| n.eq_ignore_ascii_case("TYPE")) {
            if raw.contains('"') {
                let types = listed(raw);
                *raw = types.iter().map(|t| param::encode(t)).collect::<Vec<_>>().join(",");
            }
        }
    }
}

/// The values of a raw parameter, lists taken apart, inside quotes too.
fn listed(raw: &str) -> Vec<String> {
    let plain = plain(raw);
    plain.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

fn plain(raw: &str) -> String {
    let param = param::Param { name: b"", value: raw.as_bytes(), bare: false };
    param.values().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::line::Lines;
    use super::*;

    fn read(line: &str) -> Property {
        Property::read(&Lines::new(line.as_bytes()).next().unwrap()).unwrap()
    }

    fn written(property: &Property) -> String {
        String::from_utf8(property.write()).unwrap()
    }

    #[test]
    fn an_unchanged_property_is_written_as_it_was() {
        for line in ["TEL:1", "item1.X-Odd;x=\"a;b\",c;TYPE=\"voice,cell\":a\\,b", "NOTE;X=^n^':"] {
            assert_eq!(written(&read(line)), line);
        }
        assert_eq!(written(&read("TEL;CELL;HOME:1")), "TEL;TYPE=CELL;TYPE=HOME:1");
    }

    #[test]
    fn types_are_merged_and_taken() {
        let mut tel = read("TEL;TYPE=\"voice,cell\";X=1;TYPE=pref:1");
        assert_eq!(tel.types(), ["voice", "cell", "pref"]);
        assert!(tel.take_type("PREF") && !tel.take_type("pref"));
        assert_eq!(written(&tel), "TEL;TYPE=\"voice,cell\";X=1:1");
        tel.unquote_types();
        tel.add_type("home");
        tel.add_type("Cell");
        assert_eq!(written(&tel), "TEL;TYPE=voice,cell;X=1;TYPE=home:1");
        tel.set_types(&[]);
        tel.set("LABEL", "a;b\n");
        assert_eq!(written(&tel), "TEL;X=1;LABEL=\"a;b^n\":1");
        assert_eq!(tel.take("label").as_deref(), Some("a;b\n"));
    }
}
