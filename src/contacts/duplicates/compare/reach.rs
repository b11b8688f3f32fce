//! Where somebody is reached: mail, phone, accounts; and notes.

use strsim::osa_distance;

use super::super::evidence::{Evidence, Field, Level, Likelihood};
use super::super::frequency::{Counted, Frequencies};
use super::super::profile::Profile;
use crate::contacts::normal::{Mailbox, fold};

/// How probable it is that people of one name have the same local part which is made of it.
const AS_THE_NAME: f64 = 0.06;

pub(super) fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    mails(one, other, often, found);
    phones(one, other, often, found);
    ids(one, other, often, found);
    if let (Some(a), Some(b)) = (one.note, other.note) {
        found.push(if a == b {
            let common = often.share(Counted::Note, &a.to_string());
            Evidence::of(
                Field::Note,
                Level::Same,
                Likelihood::of(0.4, common, common + 0.02, common + 0.02),
            )
        } else {
            Evidence::of(Field::Note, Level::Different, Likelihood::of(0.6, 0.95, 0.95, 0.95))
        });
    }
}

fn mails(one: &Profile, other: &Profile, often: &Frequencies, found: &mut Vec<Evidence>) {
    if one.mails.is_empty() || other.mails.is_empty() {
        return;
    }
    let mut any = false;
    // Of each address that both have: of a second one the first has told something already.
    for mail in &one.mails {
        if !other.mails.iter().any(|same| same.local == mail.local && same.domain == mail.domain) {
            continue;
        }
        let common = often.share(Counted::Mail, &mail.whole());
        let likelihood = match (mail.role, any) {
            // An office's address is that of the organization itself.
            (true, false) if one.is_organization => Likelihood::of(0.55, common, 0.1, 0.12),
            (true, false) => Likelihood::of(0.35, common + 0.0002, 0.1, 0.3),
            (true, true) => Likelihood::of(0.6, 0.2, 0.5, 0.7),
            (false, false) => Likelihood::of(0.55, common, 0.06, 0.02 + common),
            (false, true) => Likelihood::of(0.6, 0.1, 0.1, 0.1),
        };
        found.push(Evidence::of(Field::Mail, Level::Same, likelihood));
        any = true;
    }
    if any {
        return;
    }
    let mut best = Level::Different;
    let mut common = 0.0_f64;
    // Where names differ by a letter, so do the addresses that are made of them.
    let one_name = found.iter().any(|one| {
        one.field == Field::Name && one.level == Level::Same && one.second >= Some(Level::Variant)
    });
    for a in one.mails.iter().filter(|mail| !mail.role) {
        for b in other.mails.iter().filter(|mail| !mail.role) {
            let length = a.local.len().min(b.local.len());
            if a.local == b.local && length >= 5 {
                let says_more =
                    !is_made_of_name(&a.local, one) && !is_made_of_name(&a.local, other);
                let common_here = often.share(Counted::Local, &a.local);
                common = common.max(if says_more { common_here } else { AS_THE_NAME });
                best = best.max(Level::Partly);
            } else if is_slip(a, b)
                && (one_name
                    || !is_made_of_name(&a.local, one)
                    || !is_made_of_name(&b.local, other))
            {
                best = best.max(Level::Close);
            }
        }
    }
    let likelihood = match best {
        Level::Close if one_name => Likelihood::of(0.05, 0.000_05, 0.004, 0.002),
        Level::Close => Likelihood::of(0.05, 0.001, 0.02, 0.03),
        Level::Partly => Likelihood::of(0.06, common + 0.0005, 0.02, common + 0.001),
        // Nobody has two addresses of one firm.
        _ if in_one_firm(one, other) => Likelihood::of(0.05, 0.998, 0.9, 0.95),
        _ if of_two_spheres(one, other) => Likelihood::of(0.5, 0.998, 0.9, 0.95),
        _ => Likelihood::of(0.34, 0.998, 0.9, 0.95),
    };
    found.push(Evidence::of(Field::Mail, best, likelihood));
}

/// Is there nothing in the local part of an address but names, so that whoever bears them may have it?
fn is_made_of_name(local: &str, profile: &Profile) -> bool {
    let rest = fold::folded(local);
    profile.names.iter().any(|name| {
        let (given, family) = (name.first(), name.surname());
        let mut rest = rest.clone();
        for part in [&*family, given].into_iter().filter(|part| part.len() > 1) {
            rest = rest.replacen(part, "", 1);
        }
        let letters = rest.chars().filter(char::is_ascii_alphanumeric);
        letters.filter(|letter| !given.starts_with(*letter)).count() == 0
    })
}

/// Has one only private addresses and the other only those of a firm?
fn of_two_spheres(one: &Profile, other: &Profile) -> bool {
    let private = |profile: &Profile| profile.mails.iter().all(|mail| mail.firm().is_none());
    let of_firm = |profile: &Profile| profile.mails.iter().all(|mail| mail.firm().is_some());
    private(one) && of_firm(other) || of_firm(one) && private(other)
}

/// Have both a personal address of one firm?
fn in_one_firm(one: &Profile, other: &Profile) -> bool {
    one.mails
        .iter()
        .filter(|mail| !mail.role)
        .filter_map(Mailbox::firm)
        .any(|firm| other.mails.iter().any(|mail| !mail.role && mail.firm() == Some(firm)))
}

/// Is one address the other with a slip of the pen?
fn is_slip(a: &Mailbox, b: &Mailbox) -> bool {
    let one_off = |a: &str, b: &str| a.len().abs_diff(b.len()) <= 1 && osa_distance(a, b) == 1;
    if a.domain == b.domain {
        a.local.len().min(b.local.len()) >= 5
            && one_off(&a.local, &b.local)
            && !differ_in_digit(&a.local, &b.local)
    } else {
        a.local == b.local && one_off(&a.domain, &b.domain)
    }
}

/// `ann1@…` and `ann2@…` are two addresses, and no slip of the pen.
fn differ_in_digit(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    letters(a) == letters(b)
}

fn phones(one: &Profile, other: &Profile, often: &Frequencies, found: &mut Vec<Evidence>) {
    if one.phones.is_empty() || other.phones.is_empty() {
        return;
    }
    let mut any = false;
    for phone in &one.phones {
        let Some(same) = other.phones.iter().find(|same| same.is_same(phone)) else { continue };
        let common = often
            .share(Counted::Phone, phone.suffix())
            .max(often.share(Counted::Phone, same.suffix()));
        let two_desks = !phone.extension.is_empty()
            && !same.extension.is_empty()
            && phone.extension != same.extension;
        let likelihood = if two_desks {
            Likelihood::of(0.03, common, 0.02, 0.3)
        } else if any {
            Likelihood::of(0.6, 0.1, 0.4, 0.2)
        } else if phone.mobile || same.mobile {
            Likelihood::of(0.6, common, 0.1, 0.03 + common)
        } else if one.is_organization {
            Likelihood::of(0.65, common, 0.4, 0.05)
        } else {
            Likelihood::of(0.6, common, 0.4, 0.2)
        };
        found.push(Evidence::of(Field::Phone, Level::Same, likelihood));
        any = true;
    }
    if any {
        return;
    }
    let slip = |a: &str, b: &str| {
        a.len().min(b.len()) >= 8 && a.len().abs_diff(b.len()) <= 1 && osa_distance(a, b) == 1
    };
    let near = one.phones.iter().any(|a| other.phones.iter().any(|b| slip(&a.digits, &b.digits)));
    found.push(if near {
        // The lines of a house differ by a digit, too.
        Evidence::of(Field::Phone, Level::Close, Likelihood::of(0.05, 0.0003, 0.008, 0.08))
    } else {
        let mobile = |profile: &Profile| profile.phones.iter().any(|phone| phone.mobile);
        let at_work = |profile: &Profile| profile.phones.iter().all(|phone| phone.work);
        let likelihood = if mobile(one) && mobile(other) {
            Likelihood::of(0.18, 0.999, 0.55, 0.75)
        } else if at_work(one) != at_work(other) {
            // One is called at work, the other elsewhere.
            Likelihood::of(0.5, 0.999, 0.9, 0.9)
        } else {
            Likelihood::of(0.34, 0.999, 0.55, 0.75)
        };
        Evidence::of(Field::Phone, Level::Different, likelihood)
    });
}

fn ids(one: &Profile, other: &Profile, often: &Frequencies, found: &mut Vec<Evidence>) {
    for (name, value) in &one.ids {
        let mut theirs = other.ids.iter().filter(|(same, _)| same == name).peekable();
        if theirs.peek().is_none() {
            continue;
        }
        let (mut same, mut near) = (false, false);
        for (_, their) in theirs {
            same |= their == value;
            near |= their.len().abs_diff(value.len()) <= 1 && osa_distance(their, value) == 1;
        }
        let common = often.share(Counted::Id, &format!("{name}={value}"));
        let page = name.is_empty();
        let (level, likelihood) = if same {
            let shared = if page { 0.1 } else { 0.01 };
            (Level::Same, Likelihood::of(0.7, common, shared + common, shared + common))
        } else if near && !page {
            (Level::Close, Likelihood::of(0.08, 0.0002, 0.002, 0.002))
        } else {
            let differ = if page { 0.4 } else { 0.15 };
            (Level::Different, Likelihood::of(differ, 0.99, 0.97, 0.9))
        };
        found.push(Evidence::of(Field::Id, level, likelihood));
    }
}
