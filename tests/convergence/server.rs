//! The server, in this process and on the memory engine: what it answers, and all that it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use rolodav::accounts::Terms;
use rolodav::base::{DeviceId, ETag, Groups, Identity, Limits, PrincipalId, Profile, Timestamp};
use rolodav::config::Contacts;
use rolodav::contacts::layer::Bounds;
use rolodav::contacts::tags;
use rolodav::contacts::weaving::Rules;
use rolodav::store::body::{self, Slot};
use rolodav::store::collection::{self, Collection};
use rolodav::store::engine::{Engine, Snapshot, Step, memory::MemoryEngine};
use rolodav::store::grants::Access;
use rolodav::store::member::Flags;
use rolodav::store::{conflicts, contacts, history, interactions, member};

use crate::card::{Card, unfold};
use crate::groups;
pub use crate::in_process::Answer;
use crate::in_process::InProcess;
use crate::steps::words;
use crate::tally::Tagged;

/// Where everything begins: 21 November 2026.
const START: Timestamp = Timestamp(1_795_000_000_000);
pub const OWNER: &str = "anna";
/// With whom the books are shared, the history left out.
const SHAREE: &str = "bert";
pub const BOOKS: [&str; 2] = ["/dav/addressbooks/anna/contacts/", "/dav/addressbooks/anna/office/"];

/// The server with its one user.
pub struct Server {
    rig: InProcess,
    /// Words that the history had when it was last looked at, and up to which number that was.
    archived: BTreeSet<u32>,
    archived_to: u64,
}

impl Deref for Server {
    type Target = InProcess;

    fn deref(&self) -> &InProcess {
        &self.rig
    }
}

impl Server {
    pub fn start() -> Self {
        let rules = Rules {
            stages: Contacts::default().stages,
            kinds: Vec::new(),
            cadence: Vec::new(),
            bounds: Bounds::default(),
            card_lines: Limits::default().card_lines,
        };
        let engine = Engine::Memory(MemoryEngine::default());
        let rig = InProcess::on(engine, START, None, rules);
        rig.add_users(&[OWNER, SHAREE]);
        let server = Self { rig, archived: BTreeSet::new(), archived_to: 0 };
        let made = server.ask(&device("setup"), "", "MKCOL", BOOKS[1], &[], "");
        assert_eq!(made.status, 201, "{}", made.body);
        let terms = Terms { access: Access::ReadWrite, without_history: true };
        for book in ["contacts", "office"] {
            server.run(server.accounts.share(OWNER, book, SHAREE, terms)).unwrap();
        }
        server
    }

    /// Answers one request.
    pub fn ask(
        &self,
        device: &Arc<Identity>,
        agent: &str,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Answer {
        let mut all = vec![("user-agent", agent)];
        all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        self.rig.ask(Arc::clone(device), (method, path), &all, body)
    }

    /// The owner's collections.
    pub async fn collections(&self, snapshot: &Snapshot) -> Vec<Collection> {
        let owner = PrincipalId::parse(OWNER).unwrap();
        let found = collection::list_all(snapshot, &owner).await.unwrap();
        found.into_iter().map(|found| found.collection).collect()
    }

    /// Every word that is kept anywhere: in a card or task, in the history, in a conflict copy.
    pub fn kept(&mut self) -> BTreeSet<u32> {
        let (mut archived, mut to) = (std::mem::take(&mut self.archived), self.archived_to);
        let present = self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let mut present = BTreeSet::new();
            for collection in self.collections(&snapshot).await {
                let id = collection.id;
                for name in names(&snapshot, &collection).await {
                    let body = body::get(&snapshot, Slot::Member(id, &name)).await.unwrap();
                    let text = body.whole(&snapshot).await.unwrap();
                    present.extend(words(&unfold(&String::from_utf8_lossy(&text))));
                }
                let mut fresh = Vec::new();
                let scanned = history::scan(&snapshot, id, |place, version| {
                    if place.number > self.archived_to && version.has_body() {
                        fresh.push(place);
                    }
                    Step::Continue
                });
                scanned.await.unwrap();
                for kept in conflicts::list(&snapshot, id, None).await.unwrap() {
                    let body = conflicts::body(&snapshot, id, kept.number).await.unwrap();
                    let text = body.whole(&snapshot).await.unwrap();
                    archived.extend(words(&unfold(&String::from_utf8_lossy(&text))));
                }
                for place in fresh {
                    to = to.max(place.number);
                    let body = history::body(&snapshot, place).await.unwrap();
                    let text = body.whole(&snapshot).await.unwrap();
                    archived.extend(words(&unfold(&String::from_utf8_lossy(&text))));
                }
            }
            present
        });
        (self.archived, self.archived_to) = (archived, to);
        present.union(&self.archived).copied().collect()
    }

    /// The names in a book.
    pub fn members(&self, book: &str) -> Vec<String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let collections = self.collections(&snapshot).await;
            let book = collections.iter().find(|c| book.ends_with(&format!("/{}/", c.name)));
            names(&snapshot, book.unwrap()).await
        })
    }

    /// A card as it is stored, if it is there.
    pub fn stored(&self, path: &str) -> Option<String> {
        let answer = self.ask(&device("browser"), "", "GET", path, &[], "");
        assert!(
            matches!(answer.status, 200 | 404),
            "GET {path}: {} {}",
            answer.status,
            answer.body
        );
        (answer.status == 200).then_some(answer.body)
    }

    /// The texts of all interactions.
    pub fn interactions(&self) -> Vec<String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let owner = PrincipalId::parse(OWNER).unwrap();
            let always = Timestamp(0)..Timestamp(u64::MAX);
            let all =
                interactions::range(&snapshot, &owner, always, None, usize::MAX).await.unwrap();
            all.into_iter().map(|(_, interaction)| interaction.text).collect()
        })
    }

    /// One of these bodies, refused under this path, of which there is neither a conflict copy nor
    /// was it ever stored.
    pub fn unknown(&self, path: &str, bodies: &[String]) -> Option<String> {
        let (book, name) = path.rsplit_once('/').unwrap();
        let book = book.rsplit_once('/').unwrap().1;
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let collections = self.collections(&snapshot).await;
            let id = collections.iter().find(|c| c.name == book).unwrap().id;
            let mut known = BTreeSet::new();
            let kept = conflicts::list(&snapshot, id, Some(name)).await.unwrap();
            if kept.len() >= conflicts::MOST {
                return None;
            }
            known.extend(kept.into_iter().map(|kept| kept.conflict.etag.to_string()));
            known.extend(
                member::get(&snapshot, id, name).await.unwrap().map(|m| m.etag.to_string()),
            );
            for (_, version) in history::of_member(&snapshot, id, name).await.unwrap() {
                known.insert(version.etag.to_string());
            }
            let tag = |body: &String| ETag::of(body.as_bytes()).to_string();
            bodies.iter().find(|body| !known.contains(&tag(body))).cloned()
        })
    }

    /// Does what the server does without being asked: tags are given to cards that groups named
    /// before they came.
    pub fn works_off(&self) {
        let owner = PrincipalId::parse(OWNER).unwrap();
        self.run(tags::follow(&self.store, &owner)).unwrap();
        self.run(tags::work_off_all(&self.store)).unwrap();
    }

    /// The tags of all cards as they are stored; or where cards and the index of tags differ.
    pub fn tagged(&self) -> Result<Tagged, String> {
        let mut tagged = Tagged::new();
        let mut counted = BTreeMap::new();
        for (number, book) in BOOKS.iter().enumerate() {
            for name in self.members(book) {
                let card = Card::parse(&self.stored(&format!("{book}{name}")).unwrap_or_default());
                let uid = groups::uid(card.first("UID").unwrap_or_default());
                let categories = card.categories();
                for tag in &categories {
                    *counted.entry(tag.clone()).or_insert(0) += 1;
                }
                tagged.insert((number, uid), categories.into_iter().collect());
            }
        }
        let owner = PrincipalId::parse(OWNER).unwrap();
        let listed = self.run(tags::list(&self.store, &owner)).unwrap();
        let listed = listed.into_iter().filter(|tag| tag.cards > 0);
        let listed: BTreeMap<_, _> = listed.map(|tag| (tag.name, tag.cards)).collect();
        if listed == counted { Ok(tagged) } else { Err(format!("tags {listed:?}: {counted:?}")) }
    }

    /// Words of the last interaction with the person of a stored card.
    pub fn last_told(&self, uid: &str) -> Vec<u32> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let owner = PrincipalId::parse(OWNER).unwrap();
            let found = contacts::find(&snapshot, &owner, uid).await.unwrap();
            let Some((id, _)) = found else { return Vec::new() };
            let last = interactions::latest(&snapshot, id, 1).await.unwrap();
            last.iter().flat_map(|(_, told)| words(&told.text).collect::<Vec<_>>()).collect()
        })
    }

    /// All UIDs of the contact that a UID leads to, its own first, if there is more than one.
    pub fn one_with(&self, uid: &str) -> Vec<String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let owner = PrincipalId::parse(OWNER).unwrap();
            let found = contacts::find(&snapshot, &owner, uid).await.unwrap();
            let found = found.map(|(_, read)| read.record).filter(|one| !one.aliases.is_empty());
            found.map_or(Vec::new(), |one| [vec![one.uid], one.aliases].concat())
        })
    }
}

/// A device of the owner, or of the one with whom they share.
pub fn device(label: &str) -> Arc<Identity> {
    let profile = match label {
        "android" => Profile { groups: Groups::Cards, ..Profile::default() },
        "office" => Profile { plain_notes: true, ..Profile::default() },
        _ => Profile::default(),
    };
    let user = if label == SHAREE { SHAREE } else { OWNER };
    Arc::new(Identity {
        principal: PrincipalId::parse(user).unwrap(),
        groups: Vec::new(),
        device: Some(DeviceId(u64::from(label.as_bytes()[0]))),
        device_label: label.to_owned(),
        profile,
        admin: false,
        delegations: Vec::new(),
    })
}

/// The members, groups left out.
async fn names(snapshot: &Snapshot, collection: &Collection) -> Vec<String> {
    let mut names = Vec::new();
    member::scan(snapshot, collection.id, None, |name, row| {
        if !row.flags.has(Flags::GROUP) {
            names.push(name.to_owned());
        }
        Step::Continue
    })
    .await
    .unwrap();
    names
}
