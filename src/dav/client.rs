//! What single clients need differently, each with its reason; the only place that looks at a
//! User-Agent.

/// A departure from the usual for one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// An invalid sync token is answered with 400 instead of 403.
    InvalidTokenIsBadRequest,
    /// The privilege to change properties is left out where nothing can be put in or changed.
    ChangesWhereItMayRename,
    /// Cards are handed out as vCard 3.0 unless another version is asked for.
    ReadsOnlyVersion3,
    /// Tags are shown as group cards.
    ShowsGroupsAsCards,
    /// What is never taken is answered as if it had been taken and had gone at once.
    TriesForEver,
}

/// One row: who, what, why.
#[derive(Debug)]
pub struct Row {
    /// What the client's User-Agent contains.
    pub agent: &'static str,
    /// What is different for it.
    pub quirk: Quirk,
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub static ROWS: [Row; 17] = [
    Row {
        agent: "Thunderbird/",
        quirk: Quirk::InvalidTokenIsBadRequest,
        reason: "its address book drops a token only on 400; after 403 every later sync fails",
    },
    Row {
        agent: "Thunderbird/",
        quirk: Quirk::ChangesWhereItMayRename,
        reason: "its calendars take write-properties for leave to change the events too",
    },
    Row {
        agent: "dataaccessd/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "iOS Contacts does not show vCard 4.0 and names no version",
    },
    Row {
        agent: "accountsd/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "iOS, while it sets the account up, as dataaccessd",
    },
    Row {
        agent: "AddressBook/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "macOS Contacts (AddressBook/…, AddressBookCore/…) does not show vCard 4.0",
    },
    Row {
        agent: "AddressBookCore/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "macOS Contacts of newer systems, as AddressBook",
    },
    Row {
        agent: "AddressBookSourceSync/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "the background process of macOS Contacts, as AddressBook",
    },
    Row {
        agent: "SyncEvolution",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "parses what it gets as vCard 3.0 and names no version",
    },
    Row {
        agent: "Evolution/3",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "evolution-data-server up to 3.46 reads 3.0 and names no version; later ones name it",
    },
    Row {
        agent: "CalDavSynchronizer/",
        quirk: Quirk::ReadsOnlyVersion3,
        reason: "Outlook's add-in reads vCard 3.0 and names no version",
    },
    Row {
        agent: "dataaccessd/",
        quirk: Quirk::ShowsGroupsAsCards,
        reason: "iOS shows groups made of cards and no categories",
    },
    Row {
        agent: "accountsd/",
        quirk: Quirk::ShowsGroupsAsCards,
        reason: "iOS, while it sets the account up: its first tokens are those of dataaccessd",
    },
    Row {
        agent: "AddressBook/",
        quirk: Quirk::ShowsGroupsAsCards,
        reason: "macOS Contacts shows groups made of cards and no categories",
    },
    Row {
        agent: "AddressBookCore/",
        quirk: Quirk::ShowsGroupsAsCards,
        reason: "macOS Contacts of newer systems, as AddressBook",
    },
    Row {
        agent: "AddressBookSourceSync/",
        quirk: Quirk::ShowsGroupsAsCards,
        reason: "the background process of macOS Contacts, as AddressBook",
    },
    Row {
        agent: "Thunderbird/",
        quirk: Quirk::TriesForEver,
        reason: "its address book keeps a card that is refused and sends it at every sync; one \
                 that is gone after it was taken it lets go of",
    },
    Row {
        agent: "vdirsyncer/",
        quirk: Quirk::TriesForEver,
        reason: "each sync ends with an error as long as a card is refused",
    },
];

/// Does this departure apply to the client?
pub fn has(user_agent: &str, quirk: Quirk) -> bool {
    ROWS.iter().any(|row| row.quirk == quirk && user_agent.contains(row.agent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_meets_its_client_and_no_other() {
        let agents = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0", 0),
            ("iOS/17.0.2 (21A351) dataaccessd/1.0", 2),
            ("iOS/17.0.2 (21A351) accountsd/1.0", 3),
            ("macOS/14.1 (23B74) AddressBook/2620.1", 4),
            ("Mac OS X/10.15.7 (19H2) AddressBookCore/2452.2", 5),
            ("macOS/15.0 (24A335) AddressBookSourceSync/2695", 6),
            ("SyncEvolution/2.0.0", 7),
            ("Evolution/3.46.4", 8),
            ("CalDavSynchronizer/4.4", 9),
            ("vdirsyncer/0.20.0", 16),
        ];
        for (agent, row) in agents {
            for (n, other) in ROWS.iter().enumerate() {
                let its = other.agent == ROWS[row].agent;
                assert_eq!(agent.contains(other.agent), its, "{agent} and row {n}");
                assert!(!other.reason.is_empty());
            }
            assert!(has(agent, ROWS[row].quirk));
        }
        let usual = "DAVx5/4.5-ose (2026/01/01; dav4jvm; okhttp/5) Android/15";
        for row in &ROWS {
            assert!(!has(usual, row.quirk), "{usual} needs nothing special");
        }
    }
}
