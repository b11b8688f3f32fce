//! A component that is taken apart, changed and written again: what is made for somebody else of
//! the organizer's object.

use crate::formats::fold::fold_into;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::When;
use crate::formats::line::Lines;
use crate::formats::property::Property;

/// A component whose parts are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The name, in upper case.
    pub name: String,
    /// Its properties, in order.
    pub properties: Vec<Property>,
    /// The components in it, in order.
    pub children: Vec<Self>,
}

impl Draft {
    /// A component with nothing in it.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), properties: Vec::new(), children: Vec::new() }
    }

    /// What `component` holds. Lines that are no property are left out. As deep as the bounds
    /// that it was parsed with.
    pub fn of(component: &Component<'_>) -> Self {
        Self {
            name: component.name.clone().into_owned(),
            properties: component.properties.iter().filter_map(Property::read).collect(),
            children: component.children.iter().map(Self::of).collect(),
        }
    }

    /// The component as text.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2048);
        for line in self.lines() {
            fold_into(&mut out, &line, b"\r\n");
        }
        out
    }

    /// Its unfolded lines, in order.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        let mut lines = vec![format!("BEGIN:{}", self.name).into_bytes()];
        lines.extend(self.properties.iter().map(Property::write));
        lines.extend(self.children.iter().flat_map(Self::lines));
        lines.push(format!("END:{}", self.name).into_bytes());
        lines
    }

    /// The first property `name`.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| is(property, name))
    }

    /// The properties `name`, in order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Property> {
        self.properties.iter().filter(move |property| is(property, name))
    }

    /// Sets the first property of the name of `property` to it, or adds it.
    pub fn set(&mut self, property: Property) {
        let place = self.properties.iter().position(|known| is(known, &property.name));
        match place.and_then(|at| self.properties.get_mut(at)) {
            Some(known) => *known = property,
            None => self.properties.push(property),
        }
    }

    /// Sets the property `name` to `value`, escaped already, without parameters.
    pub fn set_value(&mut self, name: &str, value: impl Into<String>) {
        self.set(Property::new(name, value));
    }

    /// Takes out every property that is named in `names`.
    pub fn remove(&mut self, names: &[&str]) {
        self.properties.retain(|property| !names.iter().any(|name| is(property, name)));
    }

    /// The value of `SEQUENCE`; 0 if there is none.
    pub fn sequence(&self) -> u64 {
        self.property("SEQUENCE").and_then(|p| p.value.trim().parse().ok()).unwrap_or(0)
    }

    /// Whether the first property `name` has the value `value`, in any case.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.property(name).is_some_and(|p| p.value.trim().eq_ignore_ascii_case(value))
    }
}

/// Whether the name of `property` is `name`, in any case.
pub fn is(property: &Property, name: &str) -> bool {
    property.name.eq_ignore_ascii_case(name)
}

/// The first time that `property` holds.
pub fn when(property: &Property) -> Option<When> {
    whens(property).into_iter().next()
}

/// The times that `property` holds.
pub fn whens(property: &Property) -> Vec<When> {
    let line = property.write();
    let line = Lines::new(&line).next();
    line.as_ref().map(|line| When::list(line).collect()).unwrap_or_default()
}
