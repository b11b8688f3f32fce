"""A real Thunderbird, headless, in a profile of its own, driven through Marionette."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from marionette import Marionette, MarionetteError

# What the profile needs to be still: no updates, no start page, no telemetry, no proxy, any free port.
PREFERENCES = {
    "marionette.port": 0,
    # Settings made for page tests, among them one that never saves a password.
    "remote.prefs.recommended": False,
    "remote.log.level": "Warn",
    "app.update.enabled": False,
    "app.update.auto": False,
    "browser.region.network.url": "",
    "browser.dom.window.dump.enabled": True,
    "devtools.console.stdout.chrome": True,
    "carddav.setup.loglevel": "Debug",
    "carddav.sync.loglevel": "Debug",
    "calendar.loglevel": "Warn",
    # A calendar looks at the server only when it is told to, and no reminder opens a window.
    "calendar.autorefresh.enabled": False,
    "calendar.alarms.show": False,
    "calendar.alarms.playsound": False,
    "calendar.timezone.local": "Europe/Vienna",
    "calendar.timezone.useSystemTimezone": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "mail.account.hub.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "mail.inappnotifications.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}


# What runs inside it; the first is what the others are built on.
PARTS = ("thunderbird_watch.js", "thunderbird_book.js", "thunderbird_calendar.js")


class Part:
    """The functions of one object inside Thunderbird, called as methods."""

    def __init__(self, thunderbird, name):
        self._thunderbird, self._name = thunderbird, name

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, timeout=90: self._thunderbird.call(self._name, name, arguments, timeout)


class Thunderbird:
    """`with Thunderbird(directory) as t:` starts it; leaving ends every process of it.

    What `thunderbird_book.js` offers is called as a method: `t.cards(book)`, and what
    `thunderbird_calendar.js` offers as a method of `t.calendars`: `t.calendars.items(calendar)`.
    """

    def __init__(self, directory):
        """Prepares a fresh profile under `directory`; raises RuntimeError if Thunderbird is not installed."""
        self.program = shutil.which("thunderbird")
        if not self.program:
            raise RuntimeError("thunderbird is not installed: apt-get install thunderbird")
        self.home = Path(directory)
        self.profile = self.home / "profile"
        self.profile.mkdir(parents=True)
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
        (self.profile / "user.js").write_text("\n".join(lines) + "\n")
        self.calendars = Part(self, "calendarDesk")
        self._book = Part(self, "addressBook")
        self._process = None
        self._marionette = None

    def start(self):
        """Starts Thunderbird on the profile and waits until its main window stands."""
        port_file = self.profile / "MarionetteActivePort"
        port_file.unlink(missing_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
            "HOME": str(self.home),
            "MOZ_HEADLESS": "1",
            "MOZ_CRASHREPORTER_DISABLE": "1",
            "MOZ_NO_REMOTE": "1",
            # Discovery asks the DNS for service records of the address; it must not wait for an answer.
            "RES_OPTIONS": "timeout:1 attempts:1",
        }
        command = [
            self.program, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access",
            "--profile", str(self.profile),
        ]
        self._log = open(self.home / "thunderbird.log", "ab")
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
        )
        deadline = time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            if self._process.poll() is not None:
                raise RuntimeError(f"Thunderbird ended with status {self._process.returncode} while starting")
            if time.monotonic() > deadline:
                raise RuntimeError("Thunderbird did not open its Marionette port within 60 s")
            time.sleep(0.1)
        self._marionette = Marionette(int(port_file.read_text()), timeout=60)
        for part in PARTS:
            self._marionette.run(Path(__file__).with_name(part).read_text())

    def stop(self):
        """Quits as a person would, so that settings are written; kills what is left after 20 s."""
        if self._marionette:
            try:
                self._marionette.command("Marionette:Quit", {"flags": ["eAttemptQuit"]}, timeout=20)
            except (OSError, MarionetteError):
                pass  # it may close the socket before it answers
            self._marionette.close()
            self._marionette = None
        if self._process:
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                pass
            # Its helper processes end by themselves once it is gone.
            self._process.kill()
            self._process.wait()
            self._process = None
            self._log.close()

    def log(self):
        """What its parts said, and every script error, line by line."""
        text = (self.home / "thunderbird.log").read_text(errors="replace")
        return [line for line in text.splitlines() if line.startswith(("console.", "JavaScript error"))]

    def call(self, part, name, arguments, timeout):
        """Calls a function inside Thunderbird and gives what it returns."""
        return self._marionette.run(f"return {part}.{name}(...args);", *arguments, timeout=timeout)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._book, name)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
