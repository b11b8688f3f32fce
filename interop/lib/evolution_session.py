"""evolution-data-server, headless: a private desktop session that a scenario drives.

One account a session: each of its processes reads the password file once.

Everything the session writes (accounts, caches, the password store) lies in one temporary
directory; its D-Bus is its own, so a desktop that runs on the machine is not touched.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that has the distribution's GObject bindings
PACKAGES = "evolution-data-server python3-gi dbus-daemon"
# The GObject binding that each kind of session is built on.
BINDINGS = {"evolution_books": ("EBook", "1.2"), "evolution_calendars": ("ECal", "2.0")}


class EvolutionError(Exception):
    """What evolution-data-server answered instead of doing what it was asked."""


def missing(kind="evolution_books"):
    """What has to be installed before a session of that kind can start, or None."""
    name, version = BINDINGS[kind]
    packages = f"{PACKAGES} gir1.2-{name.lower()}-{version}"
    if not os.path.exists("/usr/libexec/evolution-source-registry"):
        return f"evolution-data-server is not installed (apt-get install {packages})"
    if shutil.which("dbus-run-session") is None:
        return "dbus-run-session is not installed (apt-get install dbus-daemon)"
    probe = f"import gi; gi.require_version('{name}', '{version}'); from gi.repository import {name}"
    done = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, text=True)
    if done.returncode != 0:
        return f"no GObject bindings for {name} (apt-get install {packages}): {done.stderr[-200:]}"
    return None


class Evolution:
    """Use as a context. Every method of the `Session` of a module can be called on it."""

    def __init__(self, log_path, kind="evolution_books"):
        """`kind` is a module, one of `BINDINGS`."""
        self._kind = kind
        self._home = tempfile.mkdtemp(prefix="rolodav-evolution-")
        self._log = open(log_path, "ab")
        self._process = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        home = self._home
        run = os.path.join(home, "run")
        os.mkdir(run, 0o700)
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": home,
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": run,
            "XDG_CONFIG_HOME": os.path.join(home, "config"),
            "XDG_DATA_HOME": os.path.join(home, "data"),
            "XDG_CACHE_HOME": os.path.join(home, "cache"),
            "GIO_USE_VFS": "local",
            "GSETTINGS_BACKEND": "keyfile",
            # Without a route to the world the session would believe to be offline.
            "GIO_USE_NETWORK_MONITOR": "base",
            # The password store in a file: no keyring has to be unlocked by a person.
            "SECRET_BACKEND": "file",
            "SECRET_FILE_TEST_PATH": os.path.join(home, "keyring"),
            "SECRET_FILE_TEST_PASSWORD": "none",
        }
        client = os.path.join(HERE, "evolution_client.py")
        self._process = subprocess.Popen(
            ["dbus-run-session", "--", SYSTEM_PYTHON, "-B", client, self._kind],
            env=environment,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )

    def __exit__(self, *_):
        if self._process is not None:
            # The daemons of the session share its process group.
            try:
                os.killpg(self._process.pid, signal.SIGTERM)
                self._process.wait(5)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _call(self, name, arguments, seconds):
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise EvolutionError(f"{name}: the session ended or did not answer in {seconds} s")
        answer = json.loads(line)
        if "error" in answer:
            raise EvolutionError(f"{name}: {answer['error']}")
        return answer["ok"]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda **arguments: self._call(name, arguments, 60)
