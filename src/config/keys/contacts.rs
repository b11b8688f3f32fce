//! What is remembered of people, and calendars from elsewhere.

use super::{Key, Kind, key, number};

pub(super) const KEYS: &[Key] = &[
    key(
        "contacts",
        "stages",
        Kind::List("one word"),
        "The stages a contact can be in, in their order.",
    ),
    key(
        "contacts",
        "stage_cadence",
        Kind::List("STAGE=DAYS, such as \"client=90\""),
        "How often contacts of a stage are to be contacted, unless a contact has a cadence of its own.",
    ),
    key(
        "contacts",
        "kinds",
        Kind::List("one word"),
        "Kinds of interactions beside call, meeting, mail, message, contact and note.",
    ),
    key(
        "contacts",
        "history_entries",
        number("interactions", 0, 200),
        "Most interactions that a card shows, the latest; all of them are kept. 0: cards show none.",
    ),
    key(
        "contacts",
        "history_bytes",
        number("bytes", 256, 1 << 16),
        "Most bytes of them that a card shows.",
    ),
    key(
        "contacts",
        "meetings",
        Kind::Flag,
        "Log events that ended as meetings with the contacts who attended.",
    ),
    key(
        "contacts",
        "meeting_attendees",
        number("attendees", 1, 100),
        "Events with more attendees are not logged.",
    ),
    key(
        "contacts",
        "phone_region",
        Kind::Text("country such as DE"),
        "The country in which phone numbers without a country code are dialled. Needed to tell that two such numbers are one; empty: they are compared by their ends.",
    ),
    key(
        "contacts",
        "stale_days",
        number("days", 0, 36_500),
        "Days after which a card needs attention that nobody edited or said to be right, and whose contact nobody met; 0: never.",
    ),
    key(
        "subscriptions",
        "private_networks",
        Kind::List("address or network such as 192.168.1.0/24"),
        "Where calendars may be fetched from although it is no address of the public internet: this machine (127.0.0.1) and the networks behind it are open to nobody who names an address, unless they are listed here.",
    ),
    key(
        "subscriptions",
        "feed_mib",
        number("MiB", 1, 1024),
        "Largest calendar that is fetched for somebody who subscribes to it.",
    ),
    key(
        "subscriptions",
        "entries",
        number("entries", 1, 1_000_000),
        "Most entries of one such calendar.",
    ),
    key(
        "subscriptions",
        "fetch_seconds",
        number("seconds", 1, 3600),
        "Longest time for one fetch, redirects included.",
    ),
    key(
        "subscriptions",
        "at_once",
        number("calendars", 1, 64),
        "Calendars that are fetched at the same time.",
    ),
];
