"""Starts, feeds and stops the real binary for one scenario.

    with Server() as server:                # a fresh store with the user alice / secret
        server.add_user("bob", "secret")    # through the running server
        server.url                          # http://127.0.0.1:PORT
        server.book("alice")                # /dav/addressbooks/alice/contacts/

Leaving the block stops the server as an operator would and then holds it to its word: it must
end in time with status 0, must not have panicked, and `rolodav check` must find nothing.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "interop" / ".work"
BINARY = os.environ.get("ROLODAV_BIN") or str(ROOT / "target" / "release" / "rolodav")
START_SECONDS = 20
STOP_SECONDS = 20


class ServerFault(AssertionError):
    """The server did not start, did not stop, or left a store that is not in order."""


def free_port():
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One `rolodav serve` on a store of its own. Not started before `with` or `start()`."""

    def __init__(self, users=("alice",), password="secret", environment=None, options=()):
        self.users = users
        self.password = password
        self.environment = {**os.environ, "NO_COLOR": "1", **(environment or {})}
        self.options = list(options)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rolodav-interop-"))
        self.data = self.directory / "data"
        self.data.mkdir()
        self.log_path = self.directory / "server.log"
        self.port = None
        self.process = None

    # --- life ---

    def __enter__(self):
        try:
            for user in self.users:
                self.add_user(user, self.password)
            self.start()
        except BaseException:
            self._give_up()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and not (kind is SystemExit and not value.code):
            self._give_up()
            return False
        try:
            self.stop()
            self.check()
        except BaseException:
            self._give_up()
            raise
        shutil.rmtree(self.directory, ignore_errors=True)
        return False

    def start(self):
        """Starts the server and waits until `/readyz` says that it serves."""
        for _ in range(3):
            # A restart keeps the address: clients have it in their settings.
            self.port = self.port or free_port()
            log = open(self.log_path, "ab")
            self.process = subprocess.Popen(
                [BINARY, "serve", "--data", str(self.data),
                 "--listen", f"127.0.0.1:{self.port}", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                cwd=self.directory)
            log.close()
            deadline = time.monotonic() + START_SECONDS
            while time.monotonic() < deadline and self.process.poll() is None:
                if self._ready():
                    return
                time.sleep(0.02)
            if self.process.poll() is None:
                raise ServerFault(f"/readyz did not answer 200 within {START_SECONDS} seconds")
            if b"in use" not in self.log_path.read_bytes():
                break
            self.port = None
        raise ServerFault(f"`rolodav serve` ended at once with {self.process.returncode}")

    def stop(self):
        """Stops the server as a service manager does; it must end in time and in order."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise ServerFault(f"SIGTERM did not end the server within {STOP_SECONDS} seconds") from None
        if status != 0:
            raise ServerFault(f"the server ended with {status} on SIGTERM")
        log = self.log_path.read_text(errors="replace")
        if "panicked at" in log:
            line = next(line for line in log.splitlines() if "panicked at" in line)
            raise ServerFault(f"the server panicked: {line}")

    def kill(self):
        """Ends the server without any chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def check(self):
        """`rolodav check`: every invariant of the store holds."""
        done = self.command("check", may_fail=True)
        if done.returncode != 0:
            raise ServerFault(f"`rolodav check` found faults: {(done.stdout + done.stderr).strip()}")

    def _ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _give_up(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.log_path.exists():
            lines = self.log_path.read_text(errors="replace").splitlines()
            print(f"--- the server's last lines ({len(lines)} in all)")
            print("\n".join(lines[-60:]), flush=True)
            print("---", flush=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- command line ---

    def command(self, *words, given=None, may_fail=False):
        """Runs `rolodav WORDS --data …`; the finished process with its output as text."""
        done = subprocess.run(
            [BINARY, *words, "--data", str(self.data)], input=given, text=True,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True, timeout=60, env=self.environment, cwd=self.directory)
        if done.returncode != 0 and not may_fail:
            raise ServerFault(f"`rolodav {' '.join(words)}` gave {done.returncode}: "
                              f"{(done.stderr or done.stdout).strip()}")
        return done

    def add_user(self, name, password="secret", *options):
        """Adds a user; works before the start and while the server runs."""
        self.command("user", "add", name, "--password-stdin", *options, given=password + "\n")

    def add_device(self, user, label, *options):
        """Adds a device of a user and gives its app password."""
        return json.loads(self.command("device", "add", user, label, "--json", *options).stdout)["password"]

    def share(self, owner, book, grantee, write=False):
        """Shares a book with a user or group, for reading or for reading and writing."""
        self.command("book", "share", owner, book, grantee, *(["--read-write"] if write else []))

    def unshare(self, owner, book, grantee):
        """Takes a share back."""
        self.command("book", "unshare", owner, book, grantee)

    # --- addresses ---

    @property
    def url(self):
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def principal(user):
        """The path of a user's principal."""
        return f"/dav/principals/{user}/"

    @staticmethod
    def home(user):
        """The path of a user's address-book home."""
        return f"/dav/addressbooks/{user}/"

    @staticmethod
    def book(user, name="contacts"):
        """The path of an address book; every user has the one named `contacts`."""
        return f"/dav/addressbooks/{user}/{name}/"

    @staticmethod
    def calendar_home(user):
        """The path of a user's calendar home."""
        return f"/dav/calendars/{user}/"

    @staticmethod
    def calendar(user, name="calendar"):
        """The path of a calendar; every user has `calendar` for events and `tasks` for tasks."""
        return f"/dav/calendars/{user}/{name}/"


def need(*programs):
    """Ends the scenario as failed, naming what is missing, unless all programs are installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        sys.exit(f"missing: {', '.join(missing)} (interop/run installs it from the scenario's `needs:` lines)")
