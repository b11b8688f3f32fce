//! The live properties of WebDAV itself, one entry each (RFC 4918 §15, 3253 §3, 3744 §5,
//! 5397, 5995, 6578, 4331, and the CalendarServer tag that older clients poll).

use super::path::{self, Address};
use super::registry::{LiveProperty, Needs, Write};
use super::resource::{Node, On};
use super::sync;
use super::view::View;
use super::xml::element::Element;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use super::{acl, options};
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::store::collection::{Collection, Kind};

const fn entry(
    name: Name,
    on: On,
    in_allprop: bool,
    needs: Needs,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
) -> LiveProperty {
    LiveProperty { name, on, in_allprop, needs, read, write: Write::Protected }
}

const fn on_all(name: &'static str, read: fn(&View<'_>, &mut XmlOut) -> bool) -> LiveProperty {
    entry(Name::dav(name), On::ALL, false, Needs::NONE, read)
}

/// All of them.
pub static PROPERTIES: [LiveProperty; 30] = [
    entry(Name::dav("resourcetype"), On::ALL, true, Needs::NONE, resource_type),
    LiveProperty {
        name: Name::dav("displayname"),
        on: On::ALL,
        in_allprop: true,
        needs: Needs::NONE,
        read: display_name,
        write: Write::Collection(set_display_name),
    },
    entry(Name::dav("getetag"), On::MEMBERS, true, Needs::NONE, etag),
    entry(Name::dav("getcontenttype"), On::MEMBERS, true, Needs::NONE, content_type),
    entry(Name::dav("getcontentlength"), On::MEMBERS, true, Needs::NONE, content_length),
    entry(Name::dav("getlastmodified"), On::MEMBERS, true, Needs::NONE, last_modified),
    entry(
        Name::dav("creationdate"),
        On::MEMBERS.and(On::COLLECTIONS),
        true,
        Needs::NONE,
        creation_date,
    ),
    // Locking (class 2) is not offered, which these two say (RFC 4918 §15.8, §15.10).
    entry(Name::dav("supportedlock"), On::ALL, true, Needs::NONE, |_, _| true),
    entry(Name::dav("lockdiscovery"), On::ALL, true, Needs::NONE, |_, _| true),
    on_all("current-user-principal", current_user_principal),
    on_all("current-user-privilege-set", acl::current_user_privilege_set),
    on_all("supported-privilege-set", acl::supported_privilege_set),
    entry(Name::dav("acl"), On::ALL, false, Needs::GRANTS, acl::acl),
    on_all("acl-restrictions", acl::acl_restrictions),
    on_all("inherited-acl-set", |_, _| true),
    on_all("principal-collection-set", |_, out| {
        out.href(&Address::PrincipalCollection.href());
        true
    }),
    on_all("owner", owner),
    on_all("group", |_, _| true),
    on_all("supported-report-set", supported_report_set),
    on_all("supported-method-set", supported_method_set),
    entry(
        Name::dav("principal-URL"),
        On::PRINCIPAL.and(On::PROXY).and(On::ROOT),
        false,
        Needs::NONE,
        principal_url,
    ),
    entry(Name::dav("alternate-URI-set"), On::PRINCIPAL, false, Needs::NONE, alternate_uri_set),
    entry(Name::dav("group-membership"), On::PRINCIPAL, false, Needs::GROUPS, |view, out| {
        principals(&view.loaded.groups, out)
    }),
    LiveProperty {
        name: Name::dav("group-member-set"),
        on: On::PRINCIPAL.and(On::PROXY),
        in_allprop: false,
        needs: Needs::GROUPS,
        read: |view, out| principals(&view.loaded.group_members, out),
        write: Write::Members,
    },
    entry(Name::dav("sync-token"), On::COLLECTIONS, false, Needs::HEAD, ctag),
    entry(
        Name::cs("getctag"),
        On::COLLECTIONS.and(On::HOMES_OF_USERS),
        false,
        Needs::HEAD.and(Needs::HOME_STATE),
        ctag,
    ),
    entry(Name::dav("add-member"), On::COLLECTIONS, false, Needs::NONE, |view, out| {
        out.href(&view.node.href());
        true
    }),
    entry(Name::dav("resource-id"), On::COLLECTIONS, false, Needs::NONE, resource_id),
    entry(Name::dav("quota-used-bytes"), QUOTA, false, Needs::USAGE, |view, out| {
        out.text(&view.loaded.used.to_string());
        true
    }),
    entry(Name::dav("quota-available-bytes"), QUOTA, false, Needs::USAGE, |view, out| {
        let Some(quota) = view.scope.services.quota else { return false };
        out.text(&quota.saturating_sub(view.loaded.used).to_string());
        true
    }),
];

const QUOTA: On = On::HOMES_OF_USERS.and(On::COLLECTIONS);

fn resource_type(view: &View<'_>, out: &mut XmlOut) -> bool {
    if view.member.is_some() {
        return true;
    }
    out.empty(&Name::dav("collection"));
    match view.node {
        Node::Principal(_) => out.empty(&Name::dav("principal")),
        Node::Proxy(_, access) => {
            out.empty(&Name::dav("principal"));
            out.empty(&Name::cs(path::proxy(*access)));
        }
        Node::Collection(book) => {
            if let Some(objects) = view.scope.registry().objects(book.collection().kind) {
                out.empty(&objects.collection_type(book.collection().role));
            }
        }
        Node::Outbox(_, _, outbox) => out.empty(&outbox.resource_type),
        _ => {}
    }
    true
}

fn display_name(view: &View<'_>, out: &mut XmlOut) -> bool {
    if view.member.is_some() {
        return false;
    }
    match view.node {
        Node::Principal(principal) | Node::Proxy(principal, _) => out.text(&principal.display_name),
        Node::Collection(book) => {
            let Some(name) = &book.collection().display_name else { return false };
            out.text(name);
            if book.is_shared() {
                // Two people's "Contacts" side by side must be told apart.
                out.text(&whose(book.collection()));
            }
        }
        Node::Root { .. } => out.text("rolodav"),
        Node::PrincipalCollection => out.text("People and groups"),
        Node::Homes(Kind::AddressBook) => out.text("Address books"),
        Node::Homes(Kind::Calendar) => out.text("Calendars"),
        Node::Home(_, owner) => out.text(owner.as_str()),
        Node::Outbox(_, _, outbox) => out.text(outbox.name),
    }
    true
}

/// What a shared collection's name ends with in the sharee's home.
fn whose(collection: &Collection) -> String {
    format!(" ({})", collection.owner)
}

fn set_display_name(collection: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let name = value.map(|element| element.text.trim());
    if name.is_some_and(|name| name.len() > 1024) {
        return Err(Fault::conflict("The name is longer than 1024 bytes."));
    }
    // A sharee who writes back what was shown must not rename the owner's book.
    let suffix = whose(collection);
    let own = name.map(|name| name.strip_suffix(suffix.as_str()).unwrap_or(name).trim_end());
    collection.display_name = own.map(str::to_owned);
    Ok(())
}

fn etag(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some((_, member)) = view.member else { return false };
    out.text_plain(b"\"");
    out.text_plain(&member.etag.hex());
    out.text_plain(b"\"");
    true
}

fn content_type(view: &View<'_>, out: &mut XmlOut) -> bool {
    let (Some((_, member)), Node::Collection(book)) = (view.member, view.node) else {
        return false;
    };
    let Some(objects) = view.scope.registry().objects(book.collection().kind) else {
        return false;
    };
    out.text(objects.content_type(member));
    true
}

fn content_length(view: &View<'_>, out: &mut XmlOut) -> bool {
    // What is left of a member is as long as it is; without reading it nobody knows.
    let Some((_, member)) = view.member.filter(|_| !view.node.sight().changes_members()) else {
        return false;
    };
    out.text(&member.size.to_string());
    true
}

fn last_modified(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some((_, member)) = view.member else { return false };
    out.text(&member.modified.imf_fixdate());
    true
}

fn creation_date(view: &View<'_>, out: &mut XmlOut) -> bool {
    let created: Timestamp = match (view.member, view.node) {
        (Some((_, member)), _) => member.created,
        (None, Node::Collection(book)) => book.collection().created,
        _ => return false,
    };
    out.text(&created.rfc3339());
    true
}

fn current_user_principal(view: &View<'_>, out: &mut XmlOut) -> bool {
    out.href(&Address::Principal(view.scope.identity.principal.clone()).href());
    true
}

fn owner(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some(owner) = view.node.owner() else { return false };
    out.href(&Address::Principal(owner.clone()).href());
    true
}

fn principal_url(view: &View<'_>, out: &mut XmlOut) -> bool {
    match view.node {
        Node::Principal(_) | Node::Proxy(..) => out.href(&view.node.href()),
        // Asked of the root while an account is set up.
        _ => return current_user_principal(view, out),
    }
    true
}

fn alternate_uri_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    if let Node::Principal(principal) = view.node
        && let Some(mail) = &principal.mail
    {
        out.href(&format!("mailto:{mail}"));
    }
    true
}

fn principals(ids: &[PrincipalId], out: &mut XmlOut) -> bool {
    for id in ids {
        out.href(&Address::Principal(id.clone()).href());
    }
    true
}

fn supported_report_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    let (outer, inner) = (Name::dav("supported-report"), Name::dav("report"));
    for report in view.scope.registry().reports() {
        if report.on.has(view.on()) {
            out.start(&outer);
            out.start(&inner);
            out.empty(&report.name);
            out.end(&inner);
            out.end(&outer);
        }
    }
    true
}

fn supported_method_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    for method in options::methods(view.on()) {
        out.empty_with(&Name::dav("supported-method"), &[("name", method)]);
    }
    true
}

/// The sync token serves as the older tag too: both change with every change of a member.
fn ctag(view: &View<'_>, out: &mut XmlOut) -> bool {
    match view.node {
        Node::Collection(book) => {
            out.text(&sync::token(view.scope, book, view.loaded.head));
        }
        _ => out.text(&view.loaded.home_state),
    }
    true
}

fn resource_id(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Collection(book) = view.node else { return false };
    let id = uuid::Uuid::from_u64_pair(view.scope.store().epoch(), book.collection().id.0);
    out.href(&format!("urn:uuid:{id}"));
    true
}
