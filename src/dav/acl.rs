//! Access control as clients see it (RFC 3744 §5). The server manages it, sharing is done
//! elsewhere, so every entry is protected; what is shown derives from `authorize`.

use super::client::Quirk;
use super::path::Address;
use super::resource::{Node, On};
use super::view::View;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::accounts::privilege::{Privilege, privileges};
use crate::base::PrincipalId;
use crate::store::grants::Access;

const PRIVILEGE: Name = Name::dav("privilege");

/// `DAV:current-user-privilege-set`
pub fn current_user_privilege_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    let guarded = match view.member {
        Some(_) => view.node.guarded_member(),
        None => view.node.guarded(),
    };
    let held: Vec<Privilege> = privileges(&view.scope.identity, guarded).collect();
    let changes = [Privilege::WriteContent, Privilege::Bind].iter().any(|one| held.contains(one));
    let quiet = !changes && view.scope.has(Quirk::ChangesWhereItMayRename);
    for privilege in held {
        let hidden = quiet && privilege == Privilege::WriteProperties
            || view.on() == On::OUTBOX && !READING.contains(&privilege);
        if !hidden && is_of(privilege, view) {
            write_privilege(privilege, out);
        }
    }
    // Whoever sees a mailbox is its owner.
    for (_, names) in MAILBOXES.iter().filter(|(on, _)| on.has(view.on())) {
        for name in names {
            out.start(&PRIVILEGE);
            out.empty(&Name::caldav(name));
            out.end(&PRIVILEGE);
        }
    }
    true
}

/// What can be done with an outbox besides sending.
const READING: [Privilege; 2] = [Privilege::Read, Privilege::ReadCurrentUserPrivilegeSet];

/// The privileges of the mailboxes of scheduling (RFC 6638 §6).
const MAILBOXES: [(On, [&str; 4]); 2] = [
    (
        On::INBOX,
        [
            "schedule-deliver",
            "schedule-deliver-invite",
            "schedule-deliver-reply",
            "schedule-query-freebusy",
        ],
    ),
    (
        On::OUTBOX,
        ["schedule-send", "schedule-send-invite", "schedule-send-reply", "schedule-send-freebusy"],
    ),
];

/// Is this a privilege of that kind of resource?
fn is_of(privilege: Privilege, view: &View<'_>) -> bool {
    privilege != Privilege::ReadFreeBusy || On::CALENDAR.has(view.on())
}

/// `DAV:supported-privilege-set`
pub fn supported_privilege_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    write_supported(Privilege::All, view, out);
    true
}

/// `DAV:acl`: the owner has everything, sharees what was granted. Only who may read the list
/// sees it; others see their own entry through their privileges.
pub fn acl(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some(owner) = view.node.owner() else { return true };
    ace(owner, &[Privilege::All], out);
    if matches!(view.node, Node::Collection(_)) {
        for grant in &view.loaded.grants {
            let granted: &[Privilege] = match grant.access {
                Access::Read => &[Privilege::Read],
                Access::ReadWrite => &[Privilege::Read, Privilege::Write],
            };
            ace(&grant.grantee, granted, out);
        }
    }
    true
}

/// `DAV:acl-restrictions`: only grants, no inversion.
pub fn acl_restrictions(_: &View<'_>, out: &mut XmlOut) -> bool {
    out.empty(&Name::dav("grant-only"));
    out.empty(&Name::dav("no-invert"));
    true
}

fn ace(principal: &PrincipalId, granted: &[Privilege], out: &mut XmlOut) {
    let (ace, who, grant) = (Name::dav("ace"), Name::dav("principal"), Name::dav("grant"));
    out.start(&ace);
    out.start(&who);
    out.href(&Address::Principal(principal.clone()).href());
    out.end(&who);
    out.start(&grant);
    for privilege in granted {
        write_privilege(*privilege, out);
    }
    out.end(&grant);
    out.empty(&Name::dav("protected"));
    out.end(&ace);
}

fn write_privilege(privilege: Privilege, out: &mut XmlOut) {
    out.start(&PRIVILEGE);
    out.empty(&match privilege {
        Privilege::ReadFreeBusy => Name::caldav(privilege.name()),
        _ => Name::dav(privilege.name()),
    });
    out.end(&PRIVILEGE);
}

fn write_supported(privilege: Privilege, view: &View<'_>, out: &mut XmlOut) {
    let (supported, description) = (Name::dav("supported-privilege"), Name::dav("description"));
    out.start(&supported);
    write_privilege(privilege, out);
    out.start_with(&description, &[("xml:lang", "en")]);
    out.text(privilege.description());
    out.end(&description);
    for (part, container) in Privilege::TREE {
        if container == Some(privilege) && is_of(part, view) {
            write_supported(part, view, out);
        }
    }
    if privilege == Privilege::All {
        for (_, names) in MAILBOXES.iter().filter(|(on, _)| on.has(view.on())) {
            write_scheduling(names, out);
        }
    }
    out.end(&supported);
}

/// The privileges of a mailbox: the first contains the others (RFC 6638 §6.1, §6.2).
fn write_scheduling(names: &[&'static str], out: &mut XmlOut) {
    let (supported, description) = (Name::dav("supported-privilege"), Name::dav("description"));
    let begin = |name: &'static str, out: &mut XmlOut| {
        out.start(&supported);
        out.start(&PRIVILEGE);
        out.empty(&Name::caldav(name));
        out.end(&PRIVILEGE);
        out.start_with(&description, &[("xml:lang", "en")]);
        out.text(about_scheduling(name));
        out.end(&description);
    };
    let Some((whole, parts)) = names.split_first() else { return };
    begin(whole, out);
    for part in parts {
        begin(part, out);
        out.end(&supported);
    }
    out.end(&supported);
}

/// What a privilege of a mailbox allows, in a few words for people.
fn about_scheduling(name: &str) -> &'static str {
    match name {
        "schedule-deliver" => "Put scheduling messages in",
        "schedule-deliver-invite" => "Put invitations in",
        "schedule-deliver-reply" => "Put answers in",
        "schedule-query-freebusy" => "Learn when its owner is busy",
        "schedule-send" => "Send scheduling messages",
        "schedule-send-invite" => "Send invitations",
        "schedule-send-reply" => "Send answers",
        _ => "Ask when others are busy",
    }
}
