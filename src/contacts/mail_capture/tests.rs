//! Mail of all kinds, and what stands in the timelines afterwards.

use super::*;
use crate::config::CapturedText;
use crate::contacts::addresses::tests::Desk;
use crate::store::audit::Verb;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::interactions::{self, Direction, Interaction};
use crate::store::{Actor, audit, check_contacts, contacts};

/// A user with a book in which Bert and Carl are, and a secret address.
struct Scene {
    desk: Desk,
    anna: PrincipalId,
    book: Collection,
    address: String,
    capture: MailCapture,
}

impl Scene {
    async fn set(settings: config::MailCapture) -> Self {
        let desk = Desk::open().await;
        let anna = desk.user("anna").await;
        let book = desk.book(&anna, "contacts").await;
        desk.put(&book, "bert", &["bert@example.net", "b@example.com"]).await;
        desk.put(&book, "carl", &["carl@example.net"]).await;
        desk.put(&book, "me", &["anna@example.org"]).await;
        let secret = make(&desk.store, &anna, false, &operator()).await.unwrap();
        let address = address_of(&anna, &secret, "crm.example.org");
        let capture = MailCapture::new(Arc::clone(&desk.store), Arc::new(rules()), &settings);
        Self { desk, anna, book, address, capture }
    }

    async fn take(&self, mail: &str) -> Taken {
        let mail = mail.replace("SECRET", &self.address);
        let Found::Known(recipient) = self.capture.find(&self.address).await.unwrap() else {
            panic!("the address is not known");
        };
        let taken = self.capture.take(&recipient, false, mail.as_bytes()).await;
        let snapshot = self.desk.store.snapshot().await.unwrap();
        assert_eq!(check_contacts::check(&snapshot).await.unwrap(), Vec::<String>::new());
        self.desk.faultless().await;
        taken.unwrap_or_else(|why| panic!("{why:?}: {mail}"))
    }

    /// The timeline of the contact with this UID, the latest first.
    async fn timeline(&self, uid: &str) -> Vec<Interaction> {
        let snapshot = self.desk.store.snapshot().await.unwrap();
        let Some(id) = contacts::id_of(&snapshot, &self.anna, uid).await.unwrap() else {
            return Vec::new();
        };
        let found = interactions::latest(&snapshot, id, 100).await.unwrap();
        found.into_iter().map(|(_, interaction)| interaction).collect()
    }

    /// The card of that name, its long lines in one.
    async fn card(&self, name: &str) -> String {
        let snapshot = self.desk.store.snapshot().await.unwrap();
        let name = format!("{name}.vcf");
        let body = body::get(&snapshot, Slot::Member(self.book.id, &name)).await.unwrap();
        String::from_utf8_lossy(&body.text).replace("\r\n ", "")
    }

    async fn texts(&self, uid: &str) -> Vec<String> {
        self.timeline(uid).await.into_iter().map(|interaction| interaction.text).collect()
    }

    /// Who waits, and with how many mails.
    async fn waiting(&self) -> Vec<(String, u64)> {
        let found = waiting(&self.desk.store, &self.anna).await.unwrap();
        found.into_iter().map(|(mail, sender)| (mail, sender.count)).collect()
    }
}

fn rules() -> Rules {
    Rules::of(&config::Contacts::default(), 1000)
}

fn mail(id: u32, from: &str, to: &str, subject: &str) -> String {
    format!(
        "Message-ID: <{id}@example.net>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n\
         From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello\r\n"
    )
}

#[tokio::test]
async fn a_mail_stands_in_the_timelines_of_all_it_concerns_once() {
    let scene = Scene::set(config::MailCapture::default()).await;
    let both =
        mail(1, "Bert <BERT@example.net>", "anna@example.org, Carl <carl@example.net>", "Offer");
    assert_eq!(scene.take(&both).await, Taken::Logged(2));
    assert_eq!(scene.take(&both).await, Taken::Known, "the same mail again");
    let [entry] = &scene.timeline("bert").await[..] else { panic!("not one interaction") };
    for name in ["bert", "carl"] {
        let card = scene.card(name).await;
        assert!(card.contains("mail: Offer"), "the card of {name} does not show it: {card}");
    }
    assert_eq!((entry.kind.as_str(), entry.text.as_str()), ("mail", "Offer"));
    assert_eq!(entry.direction, Some(Direction::In));
    assert_eq!(entry.at.rfc3339(), "2026-11-22T09:00:00Z");
    assert_eq!(entry.author, Actor { principal: "anna".to_owned(), device: "mail".to_owned() });
    assert_eq!(entry.link.as_deref(), Some("mid:1@example.net"));
    assert_eq!(scene.timeline("carl").await[0].uid, entry.uid, "one interaction for both");
    assert!(scene.timeline("me").await.is_empty(), "the owner is no contact of hers");
    // Sent by the owner, with the secret address among the recipients or hidden.
    let sent = mail(2, "anna@example.org", "b@example.com, SECRET", "Re: Offer");
    assert_eq!(scene.take(&sent).await, Taken::Logged(1));
    assert_eq!(scene.timeline("bert").await.len(), 2);
    let out = scene.timeline("bert").await.into_iter().find(|it| it.text == "Re: Offer").unwrap();
    assert_eq!(out.direction, Some(Direction::Out));
    assert_eq!(scene.take(&mail(3, "anna@example.org", "SECRET", "x")).await, Taken::Alone);
    assert!(scene.waiting().await.is_empty());
}

#[tokio::test]
async fn a_mail_without_an_id_is_known_by_what_it_says() {
    let scene = Scene::set(config::MailCapture::default()).await;
    let plain =
        "Date: Sun, 22 Nov 2026 09:00:00 +0000\nFrom: bert@example.net\nTo: x@y.z\nSubject: S\n\n";
    assert_eq!(scene.take(plain).await, Taken::Logged(1));
    assert_eq!(scene.take(plain).await, Taken::Known);
    assert_eq!(scene.take(&plain.replace("Subject: S", "Subject: T")).await, Taken::Logged(1));
    // A date that cannot be is the time of arrival.
    let old = "Date: Thu, 1 Jan 1970 00:00:00 +0000\nFrom: bert@example.net\n\n";
    assert_eq!(scene.take(old).await, Taken::Logged(1));
    let entry = scene.timeline("bert").await.into_iter().find(|it| it.text == "(no subject)");
    assert_eq!(entry.map(|it| (it.at, it.link)), Some((scene.desk.store.now(), None)));
}

#[tokio::test]
async fn what_is_passed_on_counts_as_the_mail_it_was() {
    let scene = Scene::set(config::MailCapture::default()).await;
    let enclosed = "Message-ID: <9@example.org>\r\nFrom: anna@example.org\r\nTo: SECRET\r\nSubject: Fwd: Offer\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
        Message-ID: <1@example.net>\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\nFrom: bert@example.net\r\n\
        To: anna@example.org\r\nSubject: Offer\r\n\r\nx\r\n--b--\r\n";
    assert_eq!(scene.take(enclosed).await, Taken::Logged(1));
    let [entry] = &scene.timeline("bert").await[..] else { panic!("not one interaction") };
    assert_eq!((entry.direction, entry.text.as_str()), (Some(Direction::In), "Offer"));
    assert_eq!(entry.at.rfc3339(), "2026-11-22T08:00:00Z");
    let itself = mail(1, "bert@example.net", "anna@example.org", "Offer");
    assert_eq!(scene.take(&itself).await, Taken::Known, "the mail itself, too");
    let text = "Message-ID: <10@example.org>\r\nFrom: anna@example.org\r\nTo: SECRET\r\nSubject: Fwd: Price\r\n\r\n\
        ---------- Forwarded message ---------\r\nFrom: Carl <carl@example.net>\r\nTo: anna@example.org\r\nSubject: Price\r\n\r\nx\r\n";
    assert_eq!(scene.take(text).await, Taken::Logged(1));
    assert_eq!(scene.timeline("carl").await[0].direction, Some(Direction::In));
    assert_eq!(scene.texts("carl").await, ["Price"]);
    // Passed on to somebody, it is a mail to them, in which others are named.
    let on = text.replace("<10@", "<11@").replace("To: SECRET", "To: b@example.com, SECRET");
    assert_eq!(scene.take(&on).await, Taken::Logged(2));
    assert!(scene.texts("bert").await.contains(&"Fwd: Price".to_owned()));
}

#[tokio::test]
async fn what_no_person_wrote_is_passed_over() {
    let scene = Scene::set(config::MailCapture::default()).await;
    for (field, why) in [
        ("Auto-Submitted: auto-replied", Automatic::Program),
        ("List-Id: <x>", Automatic::List),
        ("Return-Path: <>", Automatic::Report),
    ] {
        let mail = format!("{field}\r\n{}", mail(1, "bert@example.net", "anna@example.org", "x"));
        assert_eq!(scene.take(&mail).await, Taken::Skipped(why), "{field}");
    }
    let Found::Known(to) = scene.capture.find(&scene.address).await.unwrap() else { panic!() };
    let plain = mail(1, "bert@example.net", "anna@example.org", "x");
    let taken = scene.capture.take(&to, true, plain.as_bytes()).await.unwrap();
    assert_eq!(taken, Taken::Skipped(Automatic::Report), "an envelope without a sender");
    let refused = scene.capture.take(&to, false, b"nonsense").await;
    assert!(matches!(refused, Err(Refused::Unreadable(Unreadable::NoSender))), "{refused:?}");
    assert!(scene.timeline("bert").await.is_empty() && scene.waiting().await.is_empty());
}

#[tokio::test]
async fn whoever_is_on_no_card_waits_until_they_are_assigned() {
    let scene = Scene::set(config::MailCapture::default()).await;
    let (store, anna) = (&scene.desk.store, &scene.anna);
    for id in 1..=3 {
        let mail = mail(id, "Dora <dora@example.net>", "anna@example.org", &format!("Mail {id}"));
        assert_eq!(scene.take(&mail).await, Taken::Waiting);
        assert_eq!(scene.take(&mail).await, Taken::Waiting, "the same again");
    }
    assert_eq!(scene.waiting().await, [("dora@example.net".to_owned(), 3)]);
    // With a contact among the recipients it is logged there, and its sender waits all the same.
    let copied = mail(4, "dora@example.net", "anna@example.org, carl@example.net", "Mail 4");
    assert_eq!(scene.take(&copied).await, Taken::Logged(1));
    assert_eq!(scene.waiting().await, [("dora@example.net".to_owned(), 4)]);
    // To somebody unknown from the owner.
    let sent = mail(5, "anna@example.org", "erik@example.net", "Mail 5");
    assert_eq!(scene.take(&sent).await, Taken::Waiting);
    scene.desk.put(&scene.book, "dora", &[]).await;
    let dora = card_meant(store, anna, "contacts/dora").await.unwrap();
    assert_eq!(
        assign(store, &rules(), anna, "Dora@example.net", &dora, &operator()).await.unwrap(),
        4
    );
    let mut texts = scene.texts("dora").await;
    texts.sort();
    assert_eq!(texts, ["Mail 1", "Mail 2", "Mail 3", "Mail 4"]);
    let card = scene.card("dora").await;
    assert!(card.contains("mail: Mail 1") && card.contains("mail: Mail 4"), "{card}");
    assert!(card.contains("X-ROLODAV-REV:1\r\n"), "in one commit: {card}");
    assert_eq!(scene.texts("carl").await, ["Mail 4"]);
    let shared = &scene.timeline("carl").await[0];
    assert_eq!(shared.participants.len(), 2, "one interaction for both");
    let next = mail(6, "dora@example.net", "anna@example.org", "Mail 6");
    assert_eq!(scene.take(&next).await, Taken::Logged(1), "the address is known from now on");
    assert_eq!(scene.waiting().await, [("erik@example.net".to_owned(), 1)]);
    dismiss(store, anna, "erik@example.net", &operator()).await.unwrap();
    assert!(scene.waiting().await.is_empty());
    let told = audit::last(&store.snapshot().await.unwrap(), 1, |_| true).await.unwrap();
    assert_eq!((told[0].entry.verb, &*told[0].names.detail), (Verb::Removed, "erik@example.net"));
    assert!(dismiss(store, anna, "erik@example.net", &operator()).await.is_err());
    assert!(assign(store, &rules(), anna, "nobody@example.net", &dora, &operator()).await.is_err());
    scene.desk.faultless().await;
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let scene =
        Scene::set(config::MailCapture { mails_per_hour: 10_000, ..Default::default() }).await;
    let Found::Known(to) = scene.capture.find(&scene.address).await.unwrap() else { panic!() };
    for n in 0..520 {
        scene.desk.clock.advance_millis(1000);
        let mail = mail(n, &format!("s{n}@example.net"), "anna@example.org", "x");
        scene.capture.take(&to, false, mail.as_bytes()).await.unwrap();
    }
    let waiting = scene.waiting().await;
    assert_eq!(waiting.len(), 500);
    assert_eq!(waiting[0].0, "s519@example.net", "whoever wrote last first");
    for n in 1000..1060 {
        let mail = mail(n, "s519@example.net", "anna@example.org", "x");
        scene.capture.take(&to, false, mail.as_bytes()).await.unwrap();
    }
    let found = super::waiting(&scene.desk.store, &scene.anna).await.unwrap();
    let sender = &found.iter().find(|(mail, _)| mail == "s519@example.net").unwrap().1;
    assert_eq!((sender.count, sender.waiting.len()), (61, 50));
}

#[tokio::test]
async fn only_who_is_vouched_for_is_logged_where_that_is_demanded() {
    let settings =
        config::MailCapture { vouching_server: "mx.example.org".to_owned(), ..Default::default() };
    let scene = Scene::set(settings).await;
    let plain = mail(1, "bert@example.net", "anna@example.org", "x");
    assert_eq!(scene.take(&plain).await, Taken::Waiting, "nobody vouches");
    assert!(scene.timeline("bert").await.is_empty());
    let found = waiting(&scene.desk.store, &scene.anna).await.unwrap();
    assert!(found[0].1.waiting[0].doubtful);
    let field = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.net\r\n";
    let good = format!("{field}{}", mail(2, "bert@example.net", "anna@example.org", "y"));
    assert_eq!(scene.take(&good).await, Taken::Logged(1));
    let bert = card_meant(&scene.desk.store, &scene.anna, "bert@example.net").await.unwrap();
    let logged =
        assign(&scene.desk.store, &rules(), &scene.anna, "bert@example.net", &bert, &operator())
            .await
            .unwrap();
    assert_eq!(logged, 1, "the owner vouches");
    assert_eq!(scene.timeline("bert").await.len(), 2);
}

#[tokio::test]
async fn addresses_are_made_renewed_and_revoked() {
    let scene = Scene::set(config::MailCapture { mails_per_hour: 2, ..Default::default() }).await;
    let (store, anna) = (&scene.desk.store, &scene.anna);
    let is_known =
        async |address: &str| matches!(scene.capture.find(address).await.unwrap(), Found::Known(_));
    assert!(is_known(&scene.address.to_uppercase()).await);
    assert!(make(store, anna, false, &operator()).await.is_err(), "a second one");
    let secret = make(store, anna, true, &operator()).await.unwrap();
    assert!(!is_known(&scene.address).await, "the old one still works");
    let address = address_of(anna, &secret, "");
    assert!(is_known(&address).await && is_known(&address).await);
    assert_eq!(scene.capture.find(&address).await.unwrap(), Found::TooMany);
    scene.desk.clock.advance_millis(3_600_000);
    assert!(is_known(&address).await, "in the next hour");
    revoke(store, anna, &operator()).await.unwrap();
    assert!(!is_known(&address).await);
    assert!(revoke(store, anna, &operator()).await.is_err());
    for nobody in ["anna@example.org", "", "anna+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x"] {
        assert_eq!(scene.capture.find(nobody).await.unwrap(), Found::Unknown, "{nobody}");
    }
    scene.desk.faultless().await;
}

#[tokio::test]
async fn own_addresses_tell_what_was_sent() {
    let scene =
        Scene::set(config::MailCapture { text: CapturedText::Excerpt, ..Default::default() }).await;
    let (store, anna) = (&scene.desk.store, &scene.anna);
    let add = ["Anna@Private.example".to_owned()];
    assert_eq!(own(store, anna, &add, &[], &operator()).await.unwrap(), ["anna@private.example"]);
    assert!(own(store, anna, &["nonsense".to_owned()], &[], &operator()).await.is_err());
    let sent = mail(1, "anna@private.example", "bert@example.net", "Offer");
    assert_eq!(scene.take(&sent).await, Taken::Logged(1));
    let entry = &scene.timeline("bert").await[0];
    assert_eq!((entry.direction, entry.text.as_str()), (Some(Direction::Out), "Offer\nHello"));
    assert!(own(store, anna, &[], &add, &operator()).await.unwrap().is_empty());
    scene.desk.faultless().await;
}

fn operator() -> Actor {
    Actor::operator("test")
}
