//! What may happen, drawn from a seed: who does what, in which order.

use std::fmt;

use crate::dice::Dice;

/// The clients, in the order of [`Step::who`].
pub const CLIENTS: [&str; 8] =
    ["ios", "macos", "davx5", "thunderbird", "vdirsyncer", "android", "office", "bert"];

/// One step.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Its number, which is in the word that it may type.
    pub number: u32,
    /// Which client.
    pub who: usize,
    pub act: Act,
    /// Decides what the act leaves open (which card, which line).
    pub roll: u64,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Changes a card in the client, which may be offline.
    Edit(Edit),
    Create,
    Delete,
    /// Takes a card into the other book.
    Move,
    /// A card that its user deleted comes back from where they kept a copy.
    Readd,
    /// Changes a group card.
    Group(Grouping),
    /// The client syncs if it is online.
    Sync,
    Offline,
    Online,
    /// The next request arrives; its answer gets lost.
    LoseAnswer,
    /// Time passes.
    Wait,
    /// The owner does something at the server itself.
    Server(Deed),
}

/// How a card is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Rename,
    AddPhone,
    DropPhone,
    /// A line before everything else in the note.
    NoteAbove,
    /// A line at the end of the note.
    NoteBelow,
    /// A line between two others.
    NoteInside,
    /// Words at the end of a line.
    NoteOnLine,
    /// Everything in the note is replaced by a line.
    NoteAnew,
    /// The lower half of the note is cut off.
    NoteCut,
    /// A command at the head of the note.
    Command,
    /// A command at its end.
    CommandBelow,
    /// A command that gives the card a tag.
    CommandTag,
    /// A note beside the one that is there.
    SecondNote,
    AddCategory,
    DropCategory,
    Photo,
    /// All lines of ours are deleted, by somebody who sees lines.
    StripLayer,
    /// One interaction's line is deleted.
    StripEntry,
    /// The lines with stage and cadence are deleted.
    StripState,
}

/// What is done to the groups of a client that shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    Create,
    AddMember,
    DropMember,
    Rename,
    Delete,
}

/// What is done at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Log,
    AddTag,
    DropTag,
    Stage,
    Cadence,
    /// An old version of a card is brought back.
    Restore,
    /// A card that was deleted is brought back.
    Undelete,
    /// A card is taken into the other book, in one step.
    Relocate,
    RenameTag,
    DeleteTag,
    /// Two or three contacts are made one.
    Merge,
    /// A merge is taken back.
    Unmerge,
}

const EDITS: [(Edit, u64); 19] = [
    (Edit::Rename, 3),
    (Edit::AddPhone, 4),
    (Edit::DropPhone, 2),
    (Edit::NoteAbove, 4),
    (Edit::NoteBelow, 4),
    (Edit::NoteInside, 4),
    (Edit::NoteOnLine, 2),
    (Edit::NoteAnew, 1),
    (Edit::NoteCut, 1),
    (Edit::Command, 6),
    (Edit::CommandBelow, 4),
    (Edit::AddCategory, 3),
    (Edit::DropCategory, 2),
    (Edit::Photo, 1),
    (Edit::CommandTag, 2),
    (Edit::SecondNote, 2),
    (Edit::StripLayer, 1),
    (Edit::StripEntry, 1),
    (Edit::StripState, 1),
];

const GROUPINGS: [(Grouping, u64); 5] = [
    (Grouping::Create, 2),
    (Grouping::AddMember, 5),
    (Grouping::DropMember, 3),
    (Grouping::Rename, 1),
    (Grouping::Delete, 1),
];

const DEEDS: [(Deed, u64); 12] = [
    (Deed::Log, 6),
    (Deed::AddTag, 2),
    (Deed::DropTag, 2),
    (Deed::Stage, 2),
    (Deed::Cadence, 1),
    (Deed::Restore, 1),
    (Deed::Undelete, 1),
    (Deed::Relocate, 1),
    (Deed::RenameTag, 1),
    (Deed::DeleteTag, 1),
    (Deed::Merge, 2),
    (Deed::Unmerge, 2),
];

/// The steps of a seed.
pub fn draw(seed: u64, count: u32) -> Vec<Step> {
    let mut dice = Dice(seed);
    (1..=count).map(|number| step(number, &mut dice)).collect()
}

fn step(number: u32, dice: &mut Dice) -> Step {
    let who = dice.below(CLIENTS.len() as u64) as usize;
    let act = match dice.below(100) {
        0..36 => Act::Edit(weighed(&EDITS, dice)),
        36..41 => Act::Create,
        41..43 => Act::Delete,
        43..45 => Act::Move,
        45..46 => Act::Readd,
        46..51 => Act::Group(weighed(&GROUPINGS, dice)),
        51..79 => Act::Sync,
        79..81 => Act::Offline,
        81..84 => Act::Online,
        84..86 => Act::LoseAnswer,
        86..88 => Act::Wait,
        _ => Act::Server(weighed(&DEEDS, dice)),
    };
    Step { number, who, act, roll: dice.below(u64::MAX) }
}

fn weighed<T: Copy>(table: &[(T, u64)], dice: &mut Dice) -> T {
    let mut left = dice.below(table.iter().map(|(_, weight)| weight).sum());
    for (value, weight) in table {
        if left < *weight {
            return *value;
        }
        left -= weight;
    }
    table[0].0
}

/// The word that step `number` types, by which its text is found again.
pub fn word(number: u32) -> String {
    format!("w{number:05}q")
}

/// The numbers of all words in `text`.
pub fn words(text: &str) -> impl Iterator<Item = u32> {
    text.match_indices('w').filter_map(|(at, _)| {
        let digits = text.get(at + 1..at + 6)?;
        let number = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
        text.get(at + 6..at + 7).filter(|end| *end == "q").map(|_| number)
    })
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if matches!(self.act, Act::Server(_)) { "server" } else { CLIENTS[self.who] };
        write!(f, "{:>5} {who}: {:?}", self.number, self.act)
    }
}
