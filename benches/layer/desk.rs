//! Who asks the running server: people and devices over HTTP, its owner as the command line does.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::rc::Rc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rolodav::base::Groups;
use rolodav::cli::command::{Command, DeviceCommand, DeviceView};
use rolodav::cli::outcome::Outcome;
use rolodav::store::grants::Access;
use serde_json::{Value, json};

use super::driver::{Client, Server};
use super::rows::propfind;

/// What asks the running server.
pub struct Desk {
    pub server: Server,
    pub data: PathBuf,
}

pub type Seat = Rc<RefCell<Client>>;

impl Desk {
    /// Has the server do what a command asks for, in the way of the command line.
    pub fn command(&self, command: &Command) -> Outcome {
        let mut socket = UnixStream::connect(self.data.join("control.sock")).unwrap();
        let request = json!({ "program": env!("CARGO_PKG_VERSION"), "command": command });
        writeln!(socket, "{request}").unwrap();
        for line in BufReader::new(socket).lines() {
            let mut answer: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if let Some(outcome) = answer.get_mut("outcome") {
                return serde_json::from_value(outcome.take()).unwrap();
            }
            assert!(answer.get("piece").is_some(), "{command:?}: {answer}");
        }
        panic!("{command:?}: no answer");
    }

    fn seat(&self, name: &str, password: &str) -> Seat {
        let mut client = Client::new(&self.server.address);
        client.auth = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
        Rc::new(RefCell::new(client))
    }

    /// A device of the user, with its view.
    fn device(&self, label: &str, view: DeviceView) -> Seat {
        let user = "bench".to_owned();
        let what = DeviceCommand::Add { label: label.to_owned(), view };
        let added = self.command(&Command::Device { user, what });
        let Outcome::AppPassword(row) = added else { panic!("{added:?}") };
        self.seat(&row.user_name, &row.password)
    }

    /// Somebody with whom the book is shared without its history, and where they see it.
    fn guest(&self) -> (Seat, String) {
        self.command(&Command::UserAdd {
            name: "guest".to_owned(),
            mail: None,
            display_name: None,
            admin: false,
            password: Some(serde_json::from_str("\"secret\"").unwrap()),
        });
        self.command(&Command::BookShare {
            user: "bench".to_owned(),
            book: "contacts".to_owned(),
            calendar: false,
            with: "guest".to_owned(),
            access: Access::Read,
            without_history: true,
        });
        let seat = self.seat("guest", "secret");
        let home = "/dav/addressbooks/guest/";
        seat.borrow_mut().expect(207, "PROPFIND", home, "Depth: 1\r\n", &propfind());
        let answer = String::from_utf8_lossy(&seat.borrow().body).into_owned();
        let from = answer.find("/dav/addressbooks/guest/shared-").expect("the shared book");
        let place = answer[from..].split('<').next().unwrap().to_owned();
        (seat, place)
    }
}

/// One of each who sees the book otherwise.
pub struct Views {
    pub common: Seat,
    pub plain_notes: Seat,
    pub groups: Seat,
    /// With where the book is.
    pub guest: (Seat, String),
}

impl Views {
    pub fn of(desk: &Desk) -> Self {
        let view = DeviceView::default();
        Self {
            common: desk.seat("bench", "secret"),
            plain_notes: desk.device("Plain", DeviceView { plain_notes: true, ..view.clone() }),
            groups: desk.device("Groups", DeviceView { groups: Groups::Cards, ..view }),
            guest: desk.guest(),
        }
    }
}
