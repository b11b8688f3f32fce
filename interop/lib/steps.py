"""Steps of a scenario: each is one sentence that holds or does not; all of them run.

    steps = Steps()
    with steps("a second create under the same name is refused"):
        equal(client.put(path, card, If_None_Match="*").status, 412)
    steps.finish()          # exit status 1 and one closing line when any step failed
"""

import sys
import time
import traceback


class Steps:
    """Runs steps one after the other and remembers which failed."""

    def __init__(self):
        self.count = 0
        self.failures = []

    def __call__(self, title):
        return _Step(self, title)

    def finish(self):
        """Ends the scenario; its last line names what failed."""
        if not self.failures:
            print(f"all {self.count} steps hold", flush=True)
            return
        first, reason = self.failures[0]
        more = f" (and {len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        sys.exit(f"{len(self.failures)} of {self.count} steps failed: {first}: {reason}{more}")


class _Step:
    def __init__(self, steps, title):
        self.steps, self.title = steps, title

    def __enter__(self):
        self.steps.count += 1
        self.began = time.monotonic()

    def __exit__(self, kind, value, trace):
        took = f"{time.monotonic() - self.began:.2f}s"
        if kind is None:
            print(f"  holds   {self.title} ({took})", flush=True)
            return True
        if not issubclass(kind, Exception):
            return False
        reason = str(value).strip().replace("\n", " ")[:400] or kind.__name__
        if not issubclass(kind, AssertionError):
            reason = f"{kind.__name__}: {reason}"
        where = traceback.extract_tb(trace)[0]
        print(f"  FAILS   {self.title} ({took})\n          {reason}\n          line {where.lineno}: {where.line}",
              flush=True)
        self.steps.failures.append((self.title, reason))
        return True


def equal(got, want, what=""):
    """Fails unless both are the same."""
    assert got == want, f"{what + ': ' if what else ''}got {_short(got)}, want {_short(want)}"


def holds(condition, what):
    """Fails with `what` unless the condition is true."""
    assert condition, what


def one_of(got, allowed, what=""):
    """Fails unless the value is among the allowed ones."""
    assert got in allowed, f"{what + ': ' if what else ''}got {_short(got)}, want one of {allowed}"


def _short(value):
    text = repr(value)
    return text if len(text) < 300 else text[:300] + "…"
