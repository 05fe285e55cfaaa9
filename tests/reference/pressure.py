#!/usr/bin/env python3
"""pressure.py - memory pressure against what real kernels did.

    pressure.py FAULTLINE [--all] [NAME]   run the cases of pressure.txt (without --all the small ones of
                                    the setups that bound anything), and compare the faults and the
                                    major faults of every phase; NAME: only setups and cases whose
                                    name it is a part of

A phase agrees if it is within the tolerance of its pattern from the median, or, where a pattern repeats
or changes, within what repeated runs gave.  pressure-misses.txt has a line a case that does not: its
setup and name, and why.  Ends with 1 if another case differs, or one of these agrees.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Percent, by the kind of pattern.
TOLERANCE = {"loop": 0, "uniform": 2, "zipf": 5, "zipf1": 5, "hotscan": 5, "sawtooth": 5, "phase": 10}
RANGED = ("loop", "phase")
SMALL = 45000  # accesses a phase


def read_setups():
    """[(setup's words, [(name, frames, [line], [(kind, count, [six numbers])])])]"""
    setups = []
    for line in (HERE / "pressure.txt").read_text().splitlines():
        words = line.split()
        if not words or words[0] == "#" or line.startswith("#"):
            continue
        if words[0] == "setup":
            setups.append((words[1:], []))
        elif words[0] == "case":
            setups[-1][1].append((words[1], words[2], [], []))
        else:
            operation, _, numbers = line.partition(" -> ")
            case = setups[-1][1][-1]
            case[2].append(operation)
            if numbers:
                kind, count = operation.split()[4:6]
                case[3].append((kind, int(count), [int(number) for number in numbers.split()]))
    return setups


def run(program, setup, frames, lines):
    """(faults, major faults) of each phase."""
    _, kernel, policy, device, cluster = setup[:5]
    with tempfile.NamedTemporaryFile("w", suffix=".ops") as script:
        script.write("\n".join(lines) + "\n")
        script.flush()
        words = [program, "run", "--trace", script.name, "--per-op", "--format", "json"]
        words += ["--frames", frames, "--policy", policy, "--set", f'/machine/kernel="{kernel}"']
        if setup[0].endswith("-stale"):
            words += ["--set", '/machine/replacement={"policy":"linux-lru","statistics":"2s"}']
        words += ["--set", f'/machine/swap/device="{device}"']
        words += ["--set", f"/machine/swap/page_cluster={cluster}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    totals = [(0, 0)]
    for row in json.loads(done.stdout)["rows"][1:]:
        totals.append((int(row["minflt"]) + int(row["majflt"]), int(row["majflt"])))
    return [(b[0] - a[0], b[1] - a[1]) for a, b in zip(totals, totals[1:])]


def agrees(kind, got, least, median, most):
    near = abs(got - median) * 100 <= median * TOLERANCE[kind]
    return near or (kind in RANGED and least <= got <= most)


def compare(program, setup, case):
    """Of a case: what is wrong, in words; how many phases agree, of how many."""
    _, frames, lines, phases = case
    wrong, agree = [], 0
    for number, ((kind, _, real), got) in enumerate(zip(phases, run(program, setup, frames, lines))):
        faults, majors = agrees(kind, got[0], *real[:3]), agrees(kind, got[1], *real[3:])
        agree += faults and majors
        if not faults or not majors:
            wrong.append(f"phase {number}: {got[0]} faults for {real[1]}, {got[1]} majors for {real[4]}")
    return "; ".join(wrong), agree, len(phases)


def is_small(case):
    return all(count <= SMALL for _, count, _ in case[3])


def main():
    arguments = [word for word in sys.argv[2:] if word != "--all"]
    everything, problems = "--all" in sys.argv, []
    lines = (HERE / "pressure-misses.txt").read_text().splitlines()
    known = {line.split(":")[0] for line in lines if line and not line.startswith("#")}
    for setup, cases in read_setups():
        shape, agree, phases = setup[-1] == "shape", 0, 0
        for case in cases:
            name = f"{setup[0]} {case[0]}"
            if (everything or (is_small(case) and not shape)) and all(a in name for a in arguments):
                wrong, good, of = compare(sys.argv[1], setup, case)
                agree, phases = agree + good, phases + of
                if not shape and bool(wrong) != (name in known):
                    problems.append(f"{name}: {wrong or 'agrees; take it off pressure-misses.txt'}")
        if phases > 0:
            print(f"{setup[0]}: {agree} of {phases} phases agree" + (" (for the shape)" if shape else ""))
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
