//! What the keys of tables are made of, and what has to be there for a row to be anybody's. Tables
//! that another check looks at row by row are not here.

use super::{Part, Rows, Value};
use Part::{
    Any, Fixed, MaybeNumber, Member, MemberText, Number, One, Owner, OwnerAtEnd, Rest, Text,
};
use Value::{Bytes, Entries, Form, Leads, Logged, Nothing, NumberOrNothing, UpTo, Words};

/// The number of a collection.
const BOOK: Part = Part::In(b"\x02", "collection");
/// The number of a contact.
const CONTACT: Part = Part::In(b"\x40", "contact");
/// The number of an interaction.
const INTERACTION: Part = Part::In(b"\x42", "interaction");
/// The number of a tag.
const TAG: Part = Part::In(b"\x51", "tag");
/// The number of what is done to a tag.
const ACTION: Part = Part::In(b"\x54p", "work on a tag,");
/// The number of what is outgoing.
const MESSAGE: Part = Part::In(b"\x30", "message");
/// The number of a device.
const DEVICE: Part = Part::In(b"\x16", "device");

const fn rows(
    prefix: &'static [u8],
    what: &'static str,
    key: &'static [Part],
    value: Value,
) -> Rows {
    Rows { prefix, what, key, value, derived: false }
}

/// Rows that the server makes of others, or does without: nothing is lost with one of nobody.
const fn made(
    prefix: &'static [u8],
    what: &'static str,
    key: &'static [Part],
    value: Value,
) -> Rows {
    Rows { prefix, what, key, value, derived: true }
}

/// In the order of their keys. Segments and tags that end leave rows that are worked off later, so
/// that their numbers need not lead anywhere: `54 d`, `54 g`, `54 w`, `95 d`, `97 g` and `97 n` until
/// the group cards of the book are next looked at or the card that is awaited comes. Of `52` and
/// `92`, where no number of one that ended may stay, the checks of tags and segments tell.
pub(super) const TABLES: &[Rows] = &[
    rows(b"\x01", "a fact", &[Part::Fact], Value::Number),
    rows(b"\x04", "members", &[BOOK, Rest], Form(1)),
    rows(b"\x05", "UIDs", &[BOOK, Rest], Words),
    rows(b"\x06", "bodies", &[BOOK, Rest], Form(1)),
    rows(b"\x07", "changes", &[BOOK, MaybeNumber], Logged),
    made(b"\x08b", "a number of bytes", &[BOOK], Value::Number),
    made(b"\x08c", "a number of members", &[BOOK], Value::Number),
    made(b"\x08u", "a number of bytes", &[OwnerAtEnd], Value::Number),
    rows(b"\x09", "photos", &[Part::Blob], Value::Any),
    rows(b"\x0a", "holders of a photo", &[Fixed(32)], Value::Number),
    rows(b"\x0b", "versions", &[BOOK, Number, Number], Form(1)),
    rows(b"\x0c", "bodies of versions", &[BOOK, Number, Number], Form(1)),
    // Whose they were may be gone before them.
    rows(b"\x0d", "what was deleted", &[Text, Number, BOOK], Nothing),
    rows(b"\x0ec", "properties", &[BOOK, Text, Rest], Words),
    rows(b"\x0eh", "properties", &[Owner, Text, Rest], Words),
    rows(b"\x0ek", "properties", &[Owner, Text, Rest], Words),
    rows(b"\x0em", "properties", &[BOOK, MemberText, Text, Rest], Words),
    rows(b"\x0ep", "properties", &[Owner, Text, Rest], Words),
    rows(b"\x0f", "what needs attention", &[BOOK, Member], Form(1)),
    made(b"\x12", "a number of changes", &[OwnerAtEnd], Value::Number),
    rows(b"\x15", "a password", &[OwnerAtEnd], Form(1)),
    rows(b"\x19", "the last use", &[DEVICE], Form(1)),
    rows(b"\x1a", "the number of the last device", &[], Value::Number),
    rows(b"\x1d", "choices", &[OwnerAtEnd], UpTo(3)),
    rows(b"\x1f", "secret addresses", &[Owner, Fixed(4)], Leads(b"\x1e")),
    rows(b"\x20", "what was repaired", &[BOOK, Member], Form(1)),
    made(b"\x21", "times", &[BOOK, One, Number, Rest], Bytes(9)),
    made(b"\x22", "times", &[BOOK, Rest], Entries(17)),
    made(b"\x27", "what is generated", &[BOOK], Form(1)),
    made(b"\x28", "what is generated", &[BOOK, Number, Rest], Words),
    rows(b"\x2a", "delegates", &[Owner, OwnerAtEnd], Form(1)),
    rows(b"\x2b", "who is a delegate", &[Owner, OwnerAtEnd], Form(1)),
    rows(b"\x30", "a message", &[Number], Form(1)),
    rows(b"\x31", "who was told", &[MESSAGE, Rest], Nothing),
    rows(b"\x32", "a subscription", &[BOOK], Form(1)),
    rows(b"\x43c", "interactions", &[CONTACT, Number, Number], Value::Number),
    rows(b"\x43l", "changes to interactions", &[Owner, MaybeNumber], Logged),
    rows(b"\x43o", "interactions", &[Owner, Number, Number], Nothing),
    rows(b"\x43r", "interactions that were removed", &[Owner, Number, Number], Words),
    rows(b"\x44", "interactions", &[Owner, Rest], NumberOrNothing),
    made(b"\x4b", "versions that were served", &[BOOK, MemberText, Number], Form(1)),
    rows(b"\x4cb", "what was refused", &[BOOK, Number], Form(1)),
    rows(b"\x4cr", "what was refused", &[BOOK, Text, Number], Form(1)),
    rows(b"\x50", "tags", &[Owner, Rest], Leads(b"\x51")),
    rows(b"\x51", "a tag", &[Number], Form(1)),
    made(b"\x52", "who bears a tag", &[Number, BOOK, Rest], Words),
    made(b"\x53", "tags", &[BOOK, Rest], Form(1)),
    made(b"\x54c", "a number of members", &[TAG], Value::Number),
    made(b"\x54d", "changes of a tag", &[BOOK, Number], Value::Number),
    rows(b"\x54g", "a group card", &[BOOK, Number], Words),
    rows(b"\x54n", "a group card", &[BOOK, Member], Value::Number),
    rows(b"\x54p", "work on a tag", &[Number], Form(1)),
    rows(b"\x54q", "how far that got", &[ACTION], Form(1)),
    made(b"\x54s", "how far tags are known", &[Owner, Number], Form(1)),
    rows(b"\x54w", "tags that wait", &[BOOK, Text, Number], Nothing),
    made(b"\x5ab", "what times are computed with", &[], Words),
    made(b"\x5ad", "what days were looked at", &[Owner], Form(1)),
    made(b"\x5am", "what meetings were looked at", &[Owner], Form(1)),
    made(b"\x5aw", "times of contacts", &[Number, Owner, Rest], Nothing),
    made(b"\x5b", "how far days are known", &[BOOK], Form(1)),
    made(b"\x5c", "days", &[BOOK, Fixed(2), Rest], Words),
    made(b"\x5d", "days", &[BOOK, Rest], Form(1)),
    made(b"\x60", "how far addresses are known", &[BOOK], Form(1)),
    made(b"\x61", "addresses", &[BOOK, Text, Rest], Words),
    made(b"\x62", "addresses", &[BOOK, Rest], Form(1)),
    rows(b"\x66", "whose mail is", &[Owner, Rest], Words),
    rows(b"\x71", "the settings of the last start", &[], Form(1)),
    rows(b"\x72", "where the audit begins", &[], Form(1)),
    made(b"\x83c", "what is compared", &[BOOK, Fixed(8)], Form(2)),
    made(b"\x83f", "what is compared", &[BOOK, Fixed(8)], Value::Number),
    made(b"\x83k", "what is compared", &[BOOK, Fixed(20)], Nothing),
    made(b"\x83n", "what is compared", &[BOOK], Value::Number),
    made(b"\x83q", "what is to be compared", &[BOOK, Rest], Words),
    made(b"\x83s", "how far cards are compared", &[BOOK], Form(1)),
    rows(b"\x87", "cards that ended", &[BOOK, Rest], Value::Number),
    // What an earlier version made of books goes when they are taken in anew.
    made(b"\x88c", "words", &[BOOK, Any], Value::Any),
    made(b"\x88o", "words", &[Owner, One, Text, CONTACT], Nothing),
    made(b"\x89c", "words", &[BOOK, Any], Value::Any),
    made(b"\x89o", "words", &[Owner, Rest], Value::Number),
    made(b"\x8ac", "words", &[BOOK, Any], Value::Any),
    made(b"\x8ao", "words", &[Owner, Text, Any], Nothing),
    made(b"\x8b", "words", &[BOOK, Number], Value::Any),
    made(b"\x8c", "words", &[BOOK, Member], Value::Any),
    made(b"\x8dc", "how far words are known", &[BOOK], Value::Any),
    made(b"\x8do", "how far words are known", &[Owner], Value::Any),
    made(b"\x8ei", "words", &[INTERACTION], Nothing),
    made(b"\x8ew", "words", &[CONTACT, Rest], Value::Number),
    made(b"\x8f", "words", &[BOOK, Number], Nothing),
    made(b"\x92", "members of a segment", &[Number, Text, BOOK, Rest], Words),
    made(b"\x93", "segments", &[BOOK, Rest], Form(1)),
    made(b"\x94", "segments", &[BOOK, Number, Rest], Nothing),
    made(b"\x95d", "changes of a segment", &[BOOK, Number], Value::Number),
    made(b"\x95l", "segments that ended", &[Owner, Number], Nothing),
    rows(b"\x95r", "segments", &[Owner], Value::Number),
    made(b"\x95s", "how far segments are known", &[Owner, Number], Form(1)),
    rows(b"\x97b", "the segment", &[BOOK], Value::Number),
    rows(b"\x97g", "a group card", &[BOOK, Number], Words),
    rows(b"\x97n", "a group card", &[BOOK, Member], Value::Number),
    made(b"\x98c", "findings", &[BOOK, Rest], Form(1)),
    made(b"\x98k", "findings", &[BOOK, One, Rest], Nothing),
    made(b"\x98n", "numbers of findings", &[BOOK, One], Value::Number),
    made(b"\x98q", "tags of findings", &[BOOK, Rest], Bytes(4)),
    made(b"\x98s", "how far findings are known", &[BOOK], Form(1)),
    made(b"\x98w", "times of findings", &[BOOK, Number, Rest], Nothing),
    rows(b"\x9ca", "what was announced", &[BOOK, Rest], Form(1)),
    rows(b"\x9ck", "what is to be kept", &[Owner, Rest], Value::Number),
    rows(b"\x9cr", "rules", &[BOOK, Number], Form(1)),
    rows(b"\x9ct", "what was announced", &[BOOK, Number, Rest], Nothing),
    made(b"\x9d", "words", &[BOOK, Rest], Value::Any),
    made(b"\x9e", "words", &[BOOK], Value::Any),
    made(b"\x9f", "words", &[BOOK, Number], Value::Any),
    rows(b"\xa0s", "the secret of tombstones", &[], Bytes(32)),
    rows(b"\xa0t", "tombstones", &[Owner, Number], Form(1)),
    rows(b"\xa0u", "tombstones", &[Owner, Fixed(32)], Value::Number),
    rows(b"\xa0v", "tombstones", &[Owner, Fixed(32)], Value::Number),
    made(b"\xa3", "times of answers", &[Number, Owner, Rest], Nothing),
];
