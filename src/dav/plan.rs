//! Which properties an answer carries, worked out once per request and then written for each
//! resource: into one propstat for what is there, one for what is not.

use super::registry::{LiveProperty, MemberData, Needs, Registry};
use super::request::PropRequest;
use super::resource::On;
use super::view::View;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::store::body::Part;
use crate::store::property::Property;

/// The properties of an answer.
#[derive(Debug)]
pub struct Plan {
    entries: Vec<Entry>,
    /// Properties that are kept as they were written and still come only when they are named.
    unasked: Vec<Name>,
    mode: Mode,
    minimal: bool,
    needs: Needs,
    data: Option<Box<dyn MemberData>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Named,
    All,
    Names,
}

#[derive(Debug)]
struct Entry {
    name: Name,
    source: Source,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Live(&'static LiveProperty),
    Data,
    Dead,
}

// === impl Plan ===

impl Plan {
    /// The plan for `wish`; `minimal` leaves out what is not there (RFC 8144 §2.1). `data` is
    /// the data property wished for beside, with its name.
    pub fn new(
        registry: &Registry,
        wish: &PropRequest,
        minimal: bool,
        data: Option<(Name, Box<dyn MemberData>)>,
    ) -> Self {
        let (data_name, data) = data.unzip();
        let mut plan = Self {
            entries: Vec::new(),
            unasked: Vec::new(),
            mode: Mode::Named,
            minimal,
            needs: Needs::NONE,
            data,
        };
        let named = |name: &Name| Entry {
            source: match registry.property(name) {
                Some(live) => Source::Live(live),
                None if Some(name) == data_name.as_ref() => Source::Data,
                None => Source::Dead,
            },
            name: name.clone(),
        };
        match wish {
            PropRequest::Prop(names) => plan.entries = names.iter().map(named).collect(),
            PropRequest::AllProp { include } => {
                plan.mode = Mode::All;
                let usual = registry.properties().iter().filter(|p| p.in_allprop);
                plan.entries = usual.map(|p| named(&p.name)).collect();
                let more = include
                    .iter()
                    .filter(|name| !registry.property(name).is_some_and(|p| p.in_allprop));
                plan.entries.extend(more.map(named));
                // Those of extensions are not in `allprop`, even if they are kept as they
                // were written (RFC 4791 §5.2.1, RFC 6352 §6.2.1).
                let kept = registry
                    .properties()
                    .iter()
                    .filter(|p| !p.in_allprop && matches!(p.write, super::registry::Write::Kept));
                plan.unasked = kept.map(|p| p.name.clone()).collect();
            }
            PropRequest::PropName => {
                plan.mode = Mode::Names;
                plan.entries = registry.properties().iter().map(|p| named(&p.name)).collect();
            }
        }
        for entry in &plan.entries {
            if let Source::Live(live) = entry.source {
                plan.needs = plan.needs.and(live.needs);
            }
        }
        plan
    }

    /// What must be loaded for a resource of the given kind.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// Are dead properties part of the answer?
    pub fn wants_dead(&self) -> bool {
        self.mode != Mode::Named
            || self.entries.iter().any(|e| match e.source {
                Source::Dead => true,
                Source::Live(live) => live.write.is_kept(),
                Source::Data => false,
            })
    }

    /// Are the members' bodies part of the answer?
    pub fn wants_data(&self) -> bool {
        self.data.is_some()
    }

    /// Writes the propstats of one resource. `parts` are a member's stored bytes, read if
    /// [`Self::wants_data`].
    pub fn write(&self, view: &View<'_>, parts: &[Part], out: &mut XmlOut) {
        let on = view.on();
        let start = out.len();
        out.propstat_start();
        let empty = out.len();
        let mut missing: Vec<&Name> = Vec::new();
        for entry in &self.entries {
            if !self.write_entry(entry, on, view, parts, out) && self.mode == Mode::Named {
                missing.push(&entry.name);
            }
        }
        if self.mode != Mode::Named {
            for property in &view.loaded.dead {
                let mut names = self.entries.iter().map(|entry| &entry.name).chain(&self.unasked);
                if !names.any(|name| name.is(&property.namespace, &property.local)) {
                    self.write_dead(property, out);
                }
            }
        }
        if out.len() == empty && !missing.is_empty() && !self.minimal {
            out.truncate(start);
        } else {
            out.propstat_end(200);
        }
        if missing.is_empty() || self.minimal {
            return;
        }
        out.propstat_start();
        for name in missing {
            out.empty(name);
        }
        out.propstat_end(404);
    }

    /// Writes just the first property; `false` if the resource does not have it.
    pub fn write_first(&self, view: &View<'_>, out: &mut XmlOut) -> bool {
        let first = self.entries.first();
        first.is_some_and(|entry| self.write_entry(entry, view.on(), view, &[], out))
    }

    fn write_entry(
        &self,
        entry: &Entry,
        on: On,
        view: &View<'_>,
        parts: &[Part],
        out: &mut XmlOut,
    ) -> bool {
        match entry.source {
            Source::Live(live) if live.on.has(on) => {
                let start = out.len();
                out.start(&entry.name);
                if (live.read)(view, out) {
                    if self.mode == Mode::Names {
                        out.truncate(start);
                        out.empty(&entry.name);
                    } else {
                        out.end(&entry.name);
                    }
                    return true;
                }
                out.truncate(start);
                live.write.is_kept() && self.write_kept(&entry.name, view, out)
            }
            Source::Data => match (&self.data, view.member) {
                (Some(data), Some((_, member))) => {
                    out.start(&entry.name);
                    data.write(member, parts, out);
                    out.end(&entry.name);
                    true
                }
                _ => false,
            },
            Source::Dead => self.write_kept(&entry.name, view, out),
            Source::Live(_) => false,
        }
    }

    fn write_kept(&self, name: &Name, view: &View<'_>, out: &mut XmlOut) -> bool {
        let mut dead = view.loaded.dead.iter();
        let kept = dead.find(|p| name.is(&p.namespace, &p.local));
        if let Some(property) = kept {
            self.write_dead(property, out);
        }
        kept.is_some()
    }

    fn write_dead(&self, property: &Property, out: &mut XmlOut) {
        if self.mode == Mode::Names {
            out.empty(&Name::of(&property.namespace, &property.local));
        } else {
            // Well-formed by itself when it was taken in.
            out.raw(&property.fragment);
        }
    }
}
