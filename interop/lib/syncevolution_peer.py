"""SyncEvolution from the command line: a folder of cards on this side, the server on the other.

Settings, logs and the folder lie in one directory; no daemon and no D-Bus take part.
"""

import os
import pathlib
import re
import subprocess

from cards import value

TARGET = "target-config@rolodav"
PEER = "rolodav@desk"
# The last table of a session's report: what was done in the folder and on the server.
ROW = re.compile(r"\|\s+addressbook \|" + r"\s*(\d+)\s*\|" * 9)


class SyncFailed(AssertionError):
    """SyncEvolution ended with an error; the message holds its last words."""


class Peer:
    """One installation of SyncEvolution with one address book."""

    def __init__(self, directory):
        self.home = pathlib.Path(directory)
        self.cards = self.home / "cards"
        self.cards.mkdir(parents=True)
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

    def configure(self, url, user, password):
        """Tells it the bare address of the server and where the folder is."""
        self.run("--configure", "--template", "webdav", f"syncURL={url}", f"username={user}",
                 f"password={password}", TARGET, "addressbook")
        self.run("--configure", "--template", "SyncEvolution_Client", "syncURL=local://@rolodav",
                 "username=", "password=", "addressbook/backend=file",
                 f"addressbook/database=file://{self.cards}",
                 "addressbook/databaseFormat=text/vcard", PEER, "addressbook")

    def sync(self, mode="two-way"):
        """Synchronizes; gives ((new, changed, deleted) in the folder, the same on the server)."""
        shown = self.run("--sync", mode, PEER, "addressbook")
        rows = ROW.findall(shown)
        assert rows, "SyncEvolution printed no report of the address book"
        counts = [int(number) for number in rows[-1]]
        assert counts[3] == counts[7] == 0, f"it reports failed items: {counts}"
        return tuple(counts[0:3]), tuple(counts[4:7])

    def files(self):
        """Paths of the folder's cards by their FN."""
        return {value(path.read_text(), "FN"): path for path in self.cards.iterdir()}

    def texts(self):
        """The folder's cards by their FN."""
        return {name: path.read_text() for name, path in self.files().items()}

    def write(self, name, text):
        """Puts a card into the folder."""
        (self.cards / name).write_text(text)

    def edit(self, fn, line):
        """Puts one more line into the card with this FN."""
        path = self.files()[fn]
        path.write_text(path.read_text().replace("END:VCARD", f"{line}\r\nEND:VCARD"))

    def remove(self, fn):
        """Takes a card out of the folder."""
        self.files()[fn].unlink()
