"""SyncEvolution from the command line: a folder of items on this side, the server on the other.

Settings, logs and the folder lie in one directory; no daemon and no D-Bus take part.
"""

import os
import pathlib
import re
import subprocess
from typing import NamedTuple

from cards import value

TARGET = "target-config@rolodav"
PEER = "rolodav@desk"


class Store(NamedTuple):
    """A kind of store as SyncEvolution has it: its name, what its items are, how one ends and is called."""

    name: str
    form: str
    end: str
    title: str


ADDRESSBOOK = Store("addressbook", "text/vcard", "END:VCARD", "FN")
CALENDAR = Store("calendar", "text/calendar", "END:VEVENT", "SUMMARY")
TASKS = Store("todo", "text/calendar", "END:VTODO", "SUMMARY")


class SyncFailed(AssertionError):
    """SyncEvolution ended with an error; the message holds its last words."""


class Peer:
    """One installation of SyncEvolution with one store."""

    def __init__(self, directory, store=ADDRESSBOOK):
        self.store = store
        # The last table of a session's report: what was done in the folder and on the server.
        self.row = re.compile(rf"\|\s+{store.name} \|" + r"\s*(\d+)\s*\|" * 9)
        self.home = pathlib.Path(directory)
        self.folder = self.home / "items"
        self.folder.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_DATA_HOME": str(self.home / "data"),
        }

    def run(self, *words):
        """Runs `syncevolution WORDS` and gives what it printed; prints it for the log too."""
        done = subprocess.run(
            ["syncevolution", "--daemon=no", "--keyring=no", *words], env=self.environment,
            cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=100)
        print(f"$ syncevolution {' '.join(words)}\n{done.stdout}", flush=True)
        if done.returncode != 0:
            reasons = [line for line in done.stdout.splitlines() if "ERROR" in line]
            told = (reasons or done.stdout.splitlines() or ["no word"])[-1]
            raise SyncFailed(f"`syncevolution {' '.join(words)}` gave {done.returncode}: {told}")
        return done.stdout

    def configure(self, url, user, password, place=None):
        """Tells it the bare address of the server and where the folder is.

        `place` is the address of the collection, which it otherwise finds by itself.
        """
        name = self.store.name
        chosen = [f"{name}/database={place}"] if place else []
        self.run("--configure", "--template", "webdav", f"syncURL={url}", f"username={user}",
                 f"password={password}", *chosen, TARGET, name)
        self.run("--configure", "--template", "SyncEvolution_Client", "syncURL=local://@rolodav",
                 "username=", "password=", f"{name}/backend=file", f"{name}/database=file://{self.folder}",
                 f"{name}/databaseFormat={self.store.form}", PEER, name)

    def sync(self, mode="two-way"):
        """Synchronizes; gives ((new, changed, deleted) in the folder, the same on the server)."""
        shown = self.run("--sync", mode, PEER, self.store.name)
        rows = self.row.findall(shown)
        assert rows, f"SyncEvolution printed no report of {self.store.name}"
        counts = [int(number) for number in rows[-1]]
        assert counts[3] == counts[7] == 0, f"it reports failed items: {counts}"
        return tuple(counts[0:3]), tuple(counts[4:7])

    def files(self):
        """Paths of the folder's items by their titles (FN of a card, SUMMARY of an event or task)."""
        return {value(path.read_text(), self.store.title): path for path in self.folder.iterdir()}

    def texts(self):
        """The folder's items by their titles."""
        return {title: path.read_text() for title, path in self.files().items()}

    def write(self, name, text):
        """Puts an item into the folder."""
        (self.folder / name).write_text(text)

    def edit(self, title, line):
        """Puts one more line into the item with this title."""
        self.replace(title, self.store.end, f"{line}\r\n{self.store.end}")

    def replace(self, title, old, new):
        """Replaces a text in the item with this title."""
        path = self.files()[title]
        path.write_text(path.read_text().replace(old, new))

    def remove(self, title):
        """Takes an item out of the folder."""
        self.files()[title].unlink()
