#!/usr/bin/env python3
"""native.py - a script of system calls, on this machine's kernel and in the simulator.

    native.py FAULTLINE RUNNER FILE.ops [--differences] [--huge-pages] [--format text|json]
    native.py FAULTLINE RUNNER --random SEED[-LAST]

Idea: the script runs twice, with real system calls (runner.c) and in `faultline run --per-op` on a
machine that is told of this one: its kernel, memory, swap and overcommit mode.  After each
operation both say how the process stands, and every number should be the same.  FAULTLINE reads
the script first, so that what stands here needs to understand only correct ones.
Units: pages.  Ends with 0: all equal; 1: something differs; 2: it cannot be compared here; 3: bad
script.  Needs Linux on x86-64; swap is compared on zram only.
"""

import argparse
import bisect
import itertools
import json
import math
import os
import platform
import re
import struct
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from random_script import random_script

HERE = Path(__file__).resolve().parent
KEYS = "ret minflt majflt rss anon swap pt vmsize locked sigsegv sigbus".split()
PAGE = 4096
MASK = (1 << 64) - 1

# ---- what this machine is ---------------------------------------------------------------------


def simulated_kernel(release):
    """The simulator's kernel whose rules are those of `release`."""
    version = tuple(int(word) for word in re.findall(r"\d+", release)[:2])
    return "6.18" if version >= (6, 14) else "6.12" if version >= (6, 2) else "6.1"


def meminfo():
    return {line.split(":")[0]: int(line.split()[1]) for line in open("/proc/meminfo")}


def machine_of_this_machine(operations, huge_pages):
    """[(pointer, value)] for faultline --set; the notes; keys that cannot be compared."""
    release, sizes, ignored = platform.release(), meminfo(), []
    kernel = simulated_kernel(release)
    notes = [f"this machine runs Linux {release}; simulated is {kernel}"]
    overcommit = int(Path("/proc/sys/vm/overcommit_memory").read_text())
    settings = [("kernel", kernel), ("memory", sizes["MemTotal"] * 1024 // PAGE * PAGE),
                ("overcommit", ["heuristic", "always", "never"][overcommit])]  # fmt: skip
    swaps = [line.split()[0] for line in open("/proc/swaps")][1:]
    if not swaps:
        settings.append(("swap", "none"))
        notes.append("there is no swap here, and none is simulated")
    elif any("zram" not in swap for swap in swaps) and any("pageout" in op for op in operations):
        ignored = ["minflt", "majflt", "swap", "rss", "anon"]
        notes.append(f"swap on {', '.join(swaps)} reads ahead as its device does: not compared are "
                     + ", ".join(ignored))  # fmt: skip
    if any(op.startswith("mremap") and int(op.split()[4], 0) & 4 for op in operations):
        ignored.append("locked")
        notes.append("Linux counts locked pages twice after mremap with DONTUNMAP: not compared")
    if any("file" in op for op in operations):
        folder = tempfile.gettempdir()
        notes.append(f"files are in {folder}; large folios and read-ahead of its file"
                     " system may differ from what is simulated")  # fmt: skip
    if "proc" in operations:
        notes.append(f"not compared in smaps: {', '.join(NOT_IN_SMAPS)}")
    if huge_pages:
        settings.append(("huge_pages", "madvise"))
        enabled = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text().strip()
        if "[madvise]" not in enabled:
            notes.append(f"huge pages are \"{enabled}\" here, and simulated is madvise")
    return settings, notes, ignored


# ---- a script in numbers (step.h) ---------------------------------------------------------------


def step_kinds():
    names = re.findall(r"^    STEP_(\w+),", (HERE / "step.h").read_text(), re.M)
    return {name.lower(): number for number, name in enumerate(names)}


MAP_FLAGS = {"private": 0, "shared": 0x01, "populate": 0x8000, "noreserve": 0x4000, "hint": 0,
             "fixed": 0x10, "noreplace": 0x100010, "file": 0, "off": 0}  # fmt: skip
ADVICE = {"normal": 0, "random": 1, "sequential": 2, "willneed": 3, "dontneed": 4, "free": 8,
          "dontfork": 10, "dofork": 11, "hugepage": 14, "nohugepage": 15, "wipeonfork": 18,
          "keeponfork": 19, "cold": 20, "pageout": 21, "pop_read": 22, "pop_write": 23}  # fmt: skip
STACK_TOP = 0x7FFFFFFFF000
REGION_BREAK, REGION_NONE = -1, -2  # as in step.h


class Splitmix:
    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def zipf_rank(pages, draw):
    first, left = 0, pages
    while left > 1:
        fifth = left // 5 or 1
        if draw() % 10 < 8:
            left = fifth
        else:
            first, left = first + fifth, left - fifth
    return first


def pattern_pages(kind, pages, count, seed, writes):
    """The accesses of a pattern, as workloads/trace/script_pattern.h defines them."""
    draw, spread, weights = Splitmix(seed), 2654435761 % pages or 1, []
    while math.gcd(spread, pages) != 1:
        spread += 1
    if kind == "zipf1":
        for rank in range(pages):
            weights.append((weights[-1] if weights else 0) + (1 << 32) // (rank + 1))
    quarter = pages // 4
    for i in range(count):
        if kind == "loop":
            page = i % pages
        elif kind == "sawtooth":
            page = min(i % (2 * pages), 2 * pages - 1 - i % (2 * pages))
        elif kind == "uniform":
            page = draw() % pages
        elif kind == "zipf":
            page = zipf_rank(pages, draw) * spread % pages
        elif kind == "zipf1":
            page = bisect.bisect_right(weights, draw() % weights[-1]) * spread % pages
        elif kind == "phase":
            page = i * 4 // count * quarter + draw() % quarter
        else:
            page = draw() % quarter if i & 1 else quarter + i // 2 % (pages - quarter)
        stores = draw() % 100 < writes if 0 < writes < 100 else writes == 100
        yield 2 * page + stores


class Translation:
    """Operations become steps, files are made, the accesses of patterns are put behind it all."""

    def __init__(self, operations, folder):
        self.kinds, self.folder = step_kinds(), folder
        self.files, self.extra, self.forks = {}, b"", []
        self.extra_at = (len(operations) + 1) * 64
        self.steps = []
        for operation in operations:
            self.steps.append(self.step(*operation.split()))
        self.steps.append((self.kinds["end"], 0, []))

    def data(self):
        rows = [[kind, region & MASK] + [word & MASK for word in words] + [0] * (6 - len(words))
                for kind, region, words in self.steps]  # fmt: skip
        return b"".join(struct.pack("<8Q", *row) for row in rows) + self.extra

    def file(self, name):
        """The descriptor of a file that is as long as its name says, and cold."""
        if name not in self.files:
            number = os.open(Path(self.folder) / name, os.O_RDWR | os.O_CREAT, 0o600)
            for _ in range(int(re.search(r"\d+$", name).group())):
                os.write(number, b"\1" * PAGE)
            os.fsync(number)
            os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
            self.files[name] = number
        return self.files[name]

    def step(self, word, *rest):
        """(kind, region, words) of an operation."""
        kind = {"mprot": "mprotect", "madv": "madvise", "stack": "touch"}.get(word, word)
        region, words = getattr(self, "read_" + word, self.read_plain)(*rest)
        return self.kinds[kind], region, words

    @staticmethod
    def read_plain(*words):
        """ID NUMBER... , NUMBER, or nothing"""
        if not words:
            return 0, []
        numbers = [int(word, 0) for word in words if word != "B"]
        return (REGION_BREAK, numbers) if words[0] == "B" else (numbers[0], numbers[1:])

    @staticmethod
    def prot(letters):
        return sum({"r": 1, "w": 2, "x": 4, "-": 0}[letter] for letter in letters)

    def read_mmap(self, region, pages, prot, *flags):
        bits, address, file, page = 0, 0, -1, 0
        for flag in flags:
            name, value = re.fullmatch(r"(\w+)[@=]?(.*)", flag).groups()
            bits |= MAP_FLAGS[name]
            if name == "file":
                file = self.file(value)
            elif name == "off":
                page = int(value, 0)
            elif value:
                address = int(value, 0)
        bits |= (0 if bits & 1 else 2) | (0x20 if file < 0 else 0)
        return int(region, 0), [int(pages, 0), self.prot(prot), bits, address, file, page]

    def read_mprot(self, region, first, pages, prot):
        region, words = self.read_plain(region, first, pages)
        return region, words + [self.prot(prot)]

    def read_madv(self, region, first, pages, advice):
        region, words = self.read_plain(region, first, pages)
        return region, words + [ADVICE[advice]]

    def read_mremap(self, *words):
        region, words = self.read_plain(*words)
        return region, [0] + words

    def read_brk(self, change):
        return 0, [int(change)]

    def read_mlockall(self, flags):
        return 0, [int(flags, 0)]

    def read_touch(self, *words):
        region, numbers = self.read_plain(*words[:-1])
        return region, numbers + [words[-1] == "w"]

    def read_poke(self, address, access):
        return 0, [int(address, 0), access == "w"]

    def read_stack(self, pages, access, skip="0"):
        first = STACK_TOP // PAGE - 2 - int(skip, 0)
        return REGION_NONE, [first, int(pages, 0), -1, access == "w"]

    def read_pattern(self, region, first, pages, kind, *rest):
        count, seed, writes = (int(word, 0) for word in rest)
        region, words = self.read_plain(region, first)
        accesses = list(pattern_pages(kind, int(pages, 0), count, seed, writes))
        words += [count, self.extra_at + len(self.extra)]
        self.extra += struct.pack(f"<{count}Q", *accesses)
        return region, words

    def read_warmfile(self, name):
        return 0, [self.file(name), int(re.search(r"\d+$", name).group())]

    read_coldfile = read_warmfile

    def read_truncate(self, name, pages):
        return 0, [self.file(name), int(pages, 0)]

    def read_fork(self):
        self.forks.append(len(self.steps))
        return 0, [0]

    read_forkhold = read_fork

    def read_endfork(self):
        self.steps[self.forks.pop()][2][0] = len(self.steps)
        return 0, []


# ---- the two runs -------------------------------------------------------------------------------


def answer_words(answer):
    return str(answer) if answer <= 65536 else hex(answer)


def real_rows(runner, operations, huge_pages):
    """The rows, and the text of what `proc` told."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as script:
        translation = Translation(operations, folder)
        script.write(translation.data())
        script.flush()
        done = subprocess.run([runner, "huge" if huge_pages else "small"], stdin=script,
                              capture_output=True, pass_fds=translation.files.values(),
                              check=False)  # fmt: skip
        for number in translation.files.values():
            os.close(number)
    rows = []
    for line in done.stdout.decode().splitlines():
        index, depth, answer, *numbers = (int(word) for word in line.split())
        row = dict(zip(["i", "depth", *KEYS], [index, depth, answer_words(answer), *numbers]))
        rows.append(row)
    if done.returncode != 0:
        sys.exit(f"native: the runner ended with {done.returncode}")
    return rows, done.stderr.decode()


def simulate(faultline, path, settings, *options):
    words = [faultline, "run", "--trace", path, *options]
    for pointer, value in settings:
        words += ["--set", f"/machine/{pointer}={json.dumps(value)}"]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(3)
    return done.stdout.decode()


def simulated_rows(faultline, path, settings):
    return json.loads(simulate(faultline, path, settings, "--per-op", "--format", "json"))["rows"]


def differing_keys(real, simulated, ignored):
    return [key for key in ["i", "depth", *KEYS]
            if key not in ignored and real.get(key) != simulated.get(key)]  # fmt: skip


# ---- what the operation `proc` tells ------------------------------------------------------------

# The runner's own, and the gate above the mappings that the script made.
SCRIPT_RANGE = range(0x6F3000, 0x7FFFF7E00000)
# Linux also goes by flags of the page, which it sets late and in batches.
NOT_IN_SMAPS = ("Referenced", "LazyFree")


def read_smaps(text, index_of):
    """{index of the operation: {mapping: {key: value}}}, of the script's own mappings."""
    views, mappings, mapping = {}, {}, {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith("==>"):
            mappings = views.setdefault(index_of(line), {})
        elif re.match(r"[0-9a-f]+-", line):
            mapping = {}
            if int(words[0].split("-")[0], 16) in SCRIPT_RANGE:
                mappings[" ".join(words[:3])] = mapping
        elif words:
            mapping[words[0].rstrip(":")] = " ".join(words[1:])
    return views


def index_of_line(path):
    """How to find an operation's index in a title of --proc."""
    lines = [line.split("#")[0].strip() for line in open(path)]
    return lambda title: (sum(map(bool, lines[: int(title.split()[-1]) - 1]))
                          if " at line " in title else None)  # fmt: skip


def differing_smaps(real, simulated):
    """Lines about what differs; only keys that the simulator shows are compared."""
    lines = []
    for index in sorted(real):
        ours = simulated.get(index, {})
        for mapping in sorted(real[index].keys() ^ ours.keys()):
            side = "real" if mapping in real[index] else "simulated"
            lines.append(f"proc {index}: {mapping} is only {side}")
        for mapping in sorted(real[index].keys() & ours.keys()):
            there, here = real[index][mapping], ours[mapping]
            lines += [f"proc {index}: {mapping} {key}: {there.get(key)} is not {value}"
                      for key, value in here.items()
                      if key not in NOT_IN_SMAPS and there.get(key) != value]  # fmt: skip
    return lines


def compare_smaps(args, path, operations, settings, told):
    if "proc" not in operations:
        return []
    text = simulate(args.faultline, path, settings, "--proc=smaps")
    simulated = read_smaps(text, index_of_line(path))
    simulated.pop(None, None)
    return differing_smaps(read_smaps(told, lambda title: int(title.split()[1])), simulated)


# ---- output -------------------------------------------------------------------------------------


def shown_keys(rows):
    """All but those that are 0 everywhere and say nothing by it."""
    rare = ("majflt", "swap", "locked", "sigsegv", "sigbus")
    return [key for key in KEYS if key not in rare or any(row.get(key) for row in rows)]


def print_text(operations, pairs, notes, only_differences):
    rows = [row for pair in pairs for row in pair[:2]]
    keys = shown_keys(rows)
    widths = [max(len(str(row.get(key, "-"))) for row in [*rows, {key: key}]) + 2 for key in keys]
    for note in notes:
        print(textwrap.fill(note, 78, subsequent_indent="  "))
    print("\n" + " " * 9 + "".join(f"{key:>{width}}" for key, width in zip(keys, widths)))
    for real, simulated, differs in pairs:
        if only_differences and not differs:
            continue
        print(f"{real['i']:>3} {'  ' * real['depth']}{operations[real['i']]}")
        for label, row in (("real", real), ("simulated", simulated)):
            cells = [f"{row.get(key, '-'):>{width}}" for key, width in zip(keys, widths)]
            print(f"{label:<9}" + "".join(cells))
        if differs:
            told = ", ".join(f"{key} {real.get(key, '-')} is not {simulated.get(key, '-')}"
                             for key in differs)  # fmt: skip
            print(textwrap.fill("  differs: " + told, 78, subsequent_indent="  "))
    count = sum(bool(differs) for _, _, differs in pairs)
    print(f"\n{len(pairs)} operations, " + (f"{count} of them differ" if count else "all equal"))


def print_json(pairs, notes, smaps):
    rows = [{"real": real, "simulated": simulated, "differs": differs}
            for real, simulated, differs in pairs]  # fmt: skip
    print(json.dumps({"notes": notes, "rows": rows, "smaps": smaps}, indent=1))


def read_operations(path):
    lines = (line.split("#")[0].strip() for line in open(path))
    return [line for line in lines if line]


def compare(args, path, operations):
    """The pairs of rows, each with the keys that differ; the notes; what differs in smaps."""
    settings, notes, ignored = machine_of_this_machine(operations, args.huge_pages)
    simulated = simulated_rows(args.faultline, path, settings)
    real, told = real_rows(args.runner, operations, args.huge_pages)
    empty = {"i": len(operations), "depth": 0}
    pairs = [(a, b, differing_keys(a, b, ignored))
             for a, b in itertools.zip_longest(real, simulated, fillvalue=empty)]  # fmt: skip
    return pairs, notes, compare_smaps(args, path, operations, settings, told)


def compare_random(args):
    """Scripts with the seeds of args.random; a differing one is printed up to where it differs."""
    first, _, last = args.random.partition("-")
    different, seeds = 0, range(int(first), int(last or first) + 1)
    for seed in seeds:
        operations = random_script(seed, huge_pages=args.huge_pages)
        with tempfile.NamedTemporaryFile("w", suffix=".ops") as script:
            script.write("\n".join(operations) + "\n")
            script.flush()
            pairs, notes, _ = compare(args, script.name, operations)
        at = next((i for i, (_, _, differs) in enumerate(pairs) if differs), None)
        if at is not None:
            different += 1
            print("\n".join([f"# seed {seed}", *operations[: pairs[at][0]["i"] + 1]]))
            print_text([*operations, "(no such operation)"], pairs[at : at + 1], notes, True)
    print(f"{len(seeds)} random scripts, {different} of them differ")
    return 1 if different else 0


def arguments():
    parser = argparse.ArgumentParser(prog="./dev native", description=__doc__.splitlines()[0])
    parser.add_argument("faultline", help=argparse.SUPPRESS)
    parser.add_argument("runner", help=argparse.SUPPRESS)
    parser.add_argument("file", nargs="?", help="a script of the language .ops")
    parser.add_argument("--random", metavar="SEED[-LAST]", help="random scripts instead of a file")
    parser.add_argument("--differences", action="store_true", help="print only what differs")
    parser.add_argument("--huge-pages", action="store_true", help="where madvise asks for them")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    args = parser.parse_args()
    if (args.file is None) == (args.random is None):
        parser.error("one of FILE.ops and --random SEED, please")
    return args


def main():
    args = arguments()
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("native: this needs Linux on x86-64", file=sys.stderr)
        return 2
    if args.random is not None:
        return compare_random(args)
    operations = read_operations(args.file)
    pairs, notes, smaps = compare(args, args.file, operations)
    if args.format == "json":
        print_json(pairs, notes, smaps)
    else:
        print_text([*operations, "(no such operation)"], pairs, notes, args.differences)
        print("\n".join(smaps), end="\n" if smaps else "")
    return 1 if smaps or any(differs for _, _, differs in pairs) else 0


if __name__ == "__main__":
    sys.exit(main())
