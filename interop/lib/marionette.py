"""Marionette, the remote control built into Thunderbird and Firefox: one socket, JSON with a length in front."""

import json
import socket
import time


class MarionetteError(Exception):
    """The application answered a command with an error."""


class Marionette:
    """A session in chrome context: scripts run with the application's own rights.

    Protocol 3: every message is ``<length in bytes>:<json>``. A command is
    ``[0, id, name, parameters]``, its answer ``[1, id, error, result]``.
    """

    def __init__(self, port, timeout=30):
        """Connects to 127.0.0.1:`port`, retrying for `timeout` seconds, and opens a session."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self._buffer = b""
        self._last_id = 0
        greeting = self._receive()
        if greeting.get("marionetteProtocol") != 3:
            raise MarionetteError(f"unexpected greeting: {greeting}")
        # A dialog that opens is the scenario's business: Marionette must not close it by itself.
        self.command("WebDriver:NewSession", {"unhandledPromptBehavior": "ignore"})
        self.command("Marionette:SetContext", {"value": "chrome"})

    def command(self, name, parameters=None, timeout=60):
        """Sends one command, waits for its answer for at most `timeout` seconds, returns the result."""
        self._last_id += 1
        body = json.dumps([0, self._last_id, name, parameters or {}]).encode()
        self._socket.settimeout(timeout)
        self._socket.sendall(b"%d:%s" % (len(body), body))
        while True:
            kind, number, error, result = self._receive()
            if kind == 1 and number == self._last_id:
                break
        if error:
            raise MarionetteError(f"{error.get('error')}: {error.get('message')}\n{error.get('stacktrace', '')}")
        return result

    def run(self, script, *arguments, timeout=60):
        """Runs `script`, the body of an async JavaScript function, and returns what it returns.

        `arguments` reach it as `args`. All scripts of a session share `globalThis`.
        """
        # The value travels as text: Marionette's own encoding walks every object and stops at odd ones.
        wrapped = (
            "const [args, done] = arguments;"
            "(async () => {" + script + "\n})().then("
            "value => done(JSON.stringify({ value: value ?? null })),"
            "error => done(JSON.stringify({ error: `${error?.message ?? error}\\n${error?.stack ?? ''}` })));"
        )
        self.command("WebDriver:SetTimeouts", {"script": int(timeout * 1000)})
        answer = self.command(
            "WebDriver:ExecuteAsyncScript",
            {"script": wrapped, "args": [list(arguments)], "sandbox": "system", "newSandbox": False},
            timeout=timeout + 10,
        )
        outcome = json.loads(answer["value"])
        if "error" in outcome:
            raise MarionetteError(outcome["error"].strip())
        return outcome["value"]

    def close(self):
        """Drops the connection; the application keeps running."""
        self._socket.close()

    def _receive(self):
        while b":" not in self._buffer:
            self._fill()
        length, self._buffer = self._buffer.split(b":", 1)
        while len(self._buffer) < int(length):
            self._fill()
        body, self._buffer = self._buffer[: int(length)], self._buffer[int(length) :]
        return json.loads(body)

    def _fill(self):
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise MarionetteError("the application closed the connection")
        self._buffer += piece
