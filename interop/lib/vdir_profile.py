"""One vdirsyncer installation: a folder of cards synced with the server."""

import os
import pathlib
import subprocess

CONFIG = """[general]
status_path = "{home}/status"

[pair contacts]
a = "local"
b = "server"
collections = ["from a", "from b"]
conflict_resolution = {conflict}
metadata = ["displayname"]

[storage local]
type = "filesystem"
path = "{home}/cards"
fileext = ".vcf"

[storage server]
type = "carddav"
url = "{url}"
username = "{user}"
password = "{password}"
"""


def client_environment(home):
    """The environment of a client: a home of its own, and none of the scenarios' modules."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "HOME": str(home)}


class Profile:
    """One installation in a directory of its own, signed in as one user."""

    def __init__(self, directory, url, user="alice", password="secret"):
        self.home = pathlib.Path(directory)
        self.cards = self.home / "cards"
        self.cards.mkdir(parents=True)
        self.settings = {"home": self.home, "url": url, "user": user, "password": password}
        self.on_conflict("null")

    def on_conflict(self, resolution):
        """`null`, `"a wins"` (this folder) or `"b wins"` (the server)."""
        config = CONFIG.format(conflict=resolution, **self.settings)
        (self.home / "config").write_text(config)

    def run(self, *words, may_fail=False):
        """Runs a vdirsyncer command, answering yes to its questions; gives its output."""
        done = subprocess.run(
            ["vdirsyncer", "-c", str(self.home / "config"), *words], input="y\n" * 20, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            env=client_environment(self.home))
        if not may_fail:
            assert done.returncode == 0, \
                f"vdirsyncer {' '.join(words)} gave {done.returncode}: {done.stdout.strip()[-600:]}"
        self.status = done.returncode
        return done.stdout

    def discover(self):
        """Looks for collections on both sides and creates what one side lacks."""
        return self.run("discover", "contacts")

    def sync(self, may_fail=False):
        """Syncs all collections both ways."""
        return self.run("sync", may_fail=may_fail)

    def read(self, book="contacts"):
        """The cards of a collection as {file name: text}."""
        return {path.name: path.read_bytes().decode("utf-8")
                for path in (self.cards / book).glob("*.vcf")}

    def write(self, name, text, book="contacts"):
        """Creates or replaces a card."""
        (self.cards / book / name).write_bytes(text.encode("utf-8"))

    def remove(self, name, book="contacts"):
        """Deletes a card."""
        (self.cards / book / name).unlink()

    def edit(self, name, old, new, book="contacts"):
        """Replaces text inside a card."""
        text = self.read(book)[name]
        assert old in text, f"{name} holds no {old!r}"
        self.write(name, text.replace(old, new), book)
