#!/usr/bin/env python3
"""determinism.py - the same workload gives the same bytes, however it is run.

Each workload is run several times; stats.json, series.csv and recording.json must come out identical:
    again      a second time (nothing of the host's memory, clock or environment shows)
    checked    with --check=every, or as told (checking looks, it never touches)
    other      with a second build of faultline, named by the environment variable
               FAULTLINE_OTHER (debug and release compute the same)

    determinism.py FAULTLINE WORKLOAD... [--check=WHEN]

Ends with 0 if all agree, else with 1 and the first difference of each file that differs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = ["stats.json", "series.csv", "recording.json"]


# The run finished; its expectations held, or not: that is for another test to say.
FINISHED = (0, 4)


def run(program, workload, folder, *options):
    """One run; the bytes of each file that it left."""
    done = subprocess.run(
        [program, "run", workload, "-o", folder, *options],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode not in FINISHED:
        words = done.stderr.decode(errors="replace")
        raise SystemExit(f"{program} run {workload} {' '.join(options)}: {done.returncode}\n{words}")
    return {name: (folder / name).read_bytes() for name in FILES}


def first_difference(name, one, two):
    """The first line in which two texts differ, for a message."""
    ours, theirs = one.splitlines() + [b"(end)"], two.splitlines() + [b"(end)"]
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        if a != b:
            return f"{name}:{number}: {a[:200]!r} is now {b[:200]!r}"
    return f"{name}: line endings differ"


def check(faultline, workload, other, checked):
    """The differences between the runs of one workload, in words."""
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        first = run(faultline, workload, folder / "first")
        for word, program, options in [
            ("again", faultline, []),
            ("checked", faultline, [checked]),
            ("other", other, []),
        ]:
            if program is None:
                continue
            then = run(program, workload, folder / word, *options)
            differences += [
                f"{workload}: {word}: {first_difference(name, first[name], then[name])}"
                for name in FILES
                if first[name] != then[name]
            ]
    return differences


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--check=")]
    if len(words) < 2:
        raise SystemExit(__doc__)
    checked = next((word for word in sys.argv if word.startswith("--check=")), "--check=every")
    other = os.environ.get("FAULTLINE_OTHER")
    differences = [d for w in words[1:] for d in check(words[0], w, other, checked)]
    print("\n".join(differences) or f"ok{' (and the other build agrees)' if other else ''}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
