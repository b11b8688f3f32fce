#!/usr/bin/env python3
# needs: pip python-dateutil==2.9.0.post0 tzdata
# timeout: 600
"""Recurrence against an independent implementation: 10,000 objects, the same instances as python-dateutil finds.

The comparison is a test of ours, tests/recurrence.rs, which reads what is made here; a few hundred of the same kind are
beside it, so that it never runs without any.
"""

import os
import subprocess
from multiprocessing import Pool
from pathlib import Path

from recurrences import cases
from steps import Steps, equal, holds

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(20)
EACH = 500


def made(seed):
    return cases(EACH, seed)


def main():
    steps = Steps()
    file = Path(os.environ["INTEROP_WORK"]) / "recurrence.jsonl"
    with steps("dateutil brings forth the instances of 10,000 objects"):
        with Pool() as pool:
            lines = [line for some in pool.map(made, SEEDS, chunksize=1) for line in some]
        equal(len(lines), EACH * len(SEEDS))
        file.write_text("".join(line + "\n" for line in lines))
    with steps("the committed cases are what the generator makes"):
        committed = (ROOT / "tests/recurrence/cases.jsonl").read_text().splitlines()
        # Whether dateutil comes to an end in time with a rare rule may differ from machine to machine.
        strange = set(committed) - set(lines[:EACH])
        holds(len(strange) < len(committed) / 20, f"{len(strange)} of {len(committed)} are not among the first ones")
    with steps("we find the same, all of them"):
        cargo = os.environ.get("CARGO", "cargo")
        done = subprocess.run([cargo, "test", "--quiet", "--test", "recurrence", "--", "--nocapture"], cwd=ROOT, text=True,
                              capture_output=True, env=os.environ | {"ROLODAV_RECURRENCE_CASES": str(file)}, check=False)
        print(done.stdout)
        said = [line for line in done.stdout.splitlines() if "compared" in line]
        equal(done.returncode, 0, done.stderr[-1500:])
        holds(said and said[0].startswith(f"{len(lines)} objects"), f"not all were compared: {said}")
    steps.finish()


if __name__ == "__main__":
    main()
