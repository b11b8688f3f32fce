"""The clock of a server, turned while it runs; it needs libfaketime."""

import glob
import pathlib

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


class Clock:
    """The clock of the server: so many days ahead, from one moment to the next."""

    def __init__(self, directory):
        self.file = pathlib.Path(directory) / "clock"
        self.turn(0)

    def turn(self, days):
        """Has the server's clock stand so many days ahead of ours."""
        self.file.write_text(f"+{days}d\n")

    def environment(self):
        """What the server is started with."""
        return {"LD_PRELOAD": LIBRARY[0], "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
