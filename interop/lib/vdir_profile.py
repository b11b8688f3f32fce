"""One vdirsyncer installation: a folder of cards, or of calendar objects, synced with the server."""

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
metadata = {metadata}

[storage local]
type = "filesystem"
path = "{folder}"
fileext = "{ending}"

[storage server]
type = "{kind}"
url = "{url}"
username = "{user}"
password = "{password}"
{more}"""


def client_environment(home):
    """The environment of a client: a home of its own, and none of the scenarios' modules."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "HOME": str(home)}


class Profile:
    """One installation in a directory of its own, signed in as one user."""

    kind, ending, first, metadata = "carddav", ".vcf", "contacts", '["displayname"]'

    def __init__(self, directory, url, user="alice", password="secret", more=""):
        self.home = pathlib.Path(directory)
        self.cards = self.home / "items"
        self.cards.mkdir(parents=True)
        self.settings = {"home": self.home, "url": url, "user": user, "password": password, "folder": self.cards,
                         "kind": self.kind, "ending": self.ending, "metadata": self.metadata, "more": more}
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

    def read(self, book=None):
        """The cards or objects of a collection as {file name: text}."""
        return {path.name: path.read_bytes().decode("utf-8")
                for path in (self.cards / (book or self.first)).glob(f"*{self.ending}")}

    def write(self, name, text, book=None):
        """Creates or replaces one."""
        (self.cards / (book or self.first) / name).write_bytes(text.encode("utf-8"))

    def remove(self, name, book=None):
        """Deletes one."""
        (self.cards / (book or self.first) / name).unlink()

    def edit(self, name, old, new, book=None):
        """Replaces text inside one."""
        text = self.read(book)[name]
        assert old in text, f"{name} holds no {old!r}"
        self.write(name, text.replace(old, new), book)


class CalendarProfile(Profile):
    """The same for calendars; `more` may restrict it to kinds of component or to a time."""

    kind, ending, first, metadata = "caldav", ".ics", "calendar", '["displayname", "color"]'
