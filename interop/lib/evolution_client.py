"""The inside of an evolution-data-server session: does what it is asked.

Runs under the distribution's Python inside a private D-Bus session and obeys one JSON
request per line on standard input (`{"do": NAME, …}`) with one JSON answer per line on
standard output (`{"ok": …}` or `{"error": …}`). What it can do is the class `Session` of the
module named on its command line. `evolution_session.py` is the other end.
"""

import importlib
import json
import sys
import threading

from gi.repository import GLib


def serve(loop, kind):
    """Obeys until standard input ends."""
    session = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if session is None:
                session = kind()
            answer = {"ok": getattr(session, request.pop("do"))(**request)}
        except Exception as error:  # reported to the scenario, which knows what was expected
            answer = {"error": f"{type(error).__name__}: {error}"}
        try:
            print(json.dumps(answer), flush=True)
        except BrokenPipeError:
            break  # the scenario is gone
    loop.quit()


def main():
    loop = GLib.MainLoop()
    kind = importlib.import_module(sys.argv[1]).Session
    threading.Thread(target=serve, args=(loop, kind), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
