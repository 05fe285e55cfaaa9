#!/usr/bin/env python3
"""scripts.py - scripts against what a real kernel and a real C library answered.

    scripts.py FAULTLINE      run every case of linux.txt, glibc.txt, glibc-mixed.txt and
                              glibc-threads.txt with --per-op; compare all values of all rows;
                              end with 1 if a case differs that is not in
                              known-differences.txt, or agrees although it is

known-differences.txt has a line a case: its name, then the reason.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def read_cases(name, read):
    """[(case, [(operation, {key: value})])] of a file; `read` makes sense of a row's words."""
    cases, columns = [], []
    for line in (HERE / name).read_text().splitlines():
        word = line.split(" ")[0]
        if word == "columns":
            columns = line.split()[1:]
        elif word == "case":
            cases.append((line.split()[1], []))
        elif line and not line.startswith("#"):
            operation, values = line.split(" -> ")
            cases[-1][1].append((operation, read(values.split(), columns)))
    return cases


def read_linux(words, columns):
    expected = dict(zip(columns, words))
    expected.update(word.split("=", 1) for word in words[len(columns):])
    return expected


def read_glibc(words, _columns):
    expected = {"thread": words[0], "minflt": words[1], "break": words[2], "calls": []}
    for word in words[3:]:
        key, value = word.split("=", 1)
        if "(" in key:
            expected["calls"].append(word)
        else:
            expected[key] = value
    return expected


def read_threads(words, _columns):
    """As read_glibc; of system calls only the names, of mappings not where they are."""
    expected = {"minflt": words[0], "break": words[1], "calls": []}
    for word in words[2:]:
        key, equals, value = word.partition("=")
        if equals:
            expected[key] = value
        else:
            expected["calls"].append(word)
    return expected


def block_of(pointer):
    if pointer["region"] == "brk_heap":
        return "heap+" + hex(pointer["off"])
    if pointer["region"] == "thread_heap":
        return pointer["heap"] + "+" + hex(pointer["off"])
    return pointer["addr"]


def heap_values(row):
    """A row of a .heap script in the words of glibc.txt."""
    values = {"thread": str(row["thread"]), "minflt": str(row["minflt"]),
              "break": hex(row["brk_off"]), "calls": []}  # fmt: skip
    if "ptr" in row:
        values.update(block=block_of(row["ptr"]), usable=str(row["usable"]))
    if "ret" in row:
        values["ret"] = str(row["ret"])
    for call in row.get("syscalls", []):
        values["calls"].append(f"{call['call']}({','.join(call['args'])})={call['ret']}")
    return values


def placeless_values(row):
    """A row of a .heap script in the words of glibc-threads.txt."""
    values = heap_values(row)
    values["calls"] = [call["call"] for call in row.get("syscalls", [])]
    pointer = row.get("ptr", {"region": "brk_heap"})
    if pointer["region"] == "thread_heap":
        values["block"] = "arena+" + hex(pointer["off"])
    elif pointer["region"] != "brk_heap":
        values["block"] = "map+" + hex(int(pointer["addr"], 16) % 4096)
    return values


def run(program, suffix, operations, options):
    with tempfile.NamedTemporaryFile("w", suffix=suffix) as script:
        script.write("\n".join(operations) + "\n")
        script.flush()
        words = [program, "run", "--trace", script.name, "--per-op", "--format", "json", "--check"]
        done = subprocess.run(words + options, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr.splitlines()[-1].replace(script.name, "script")
    return json.loads(done.stdout)["rows"], None


def first_difference(steps, rows, values_of):
    if len(steps) != len(rows):
        return f"{len(rows)} rows, not {len(steps)}"
    for number, ((operation, expected), row) in enumerate(zip(steps, rows)):
        got = values_of(row)
        for key, value in expected.items():
            if got.get(key, "0") != value:
                return f"row {number}, {operation}: {key} is {got.get(key)}, not {value}"
    return None


def linux_values(row):
    return {key: str(value) for key, value in row.items()}


def compare(program, cases, suffix, values_of, options, known):
    """The problems; how many cases agree."""
    problems, agree = [], 0
    for name, steps in cases:
        machine = ["--set", "/machine/huge_pages=madvise"] if name.startswith("thp_") else []
        rows, problem = run(program, suffix, [operation for operation, _ in steps], options + machine)
        problem = problem or first_difference(steps, rows, values_of)
        agree += problem is None
        if (problem is None) == (name in known):
            problems.append(f"{name}: {problem or 'agrees; take it off known-differences.txt'}")
    return problems, agree


def read_known():
    lines = (HERE / "known-differences.txt").read_text().splitlines()
    return {line.split(":")[0] for line in lines if line and not line.startswith("#")}


def main():
    program, known = sys.argv[1], read_known()
    linux, glibc = read_cases("linux.txt", read_linux), read_cases("glibc.txt", read_glibc)
    glibc += read_cases("glibc-mixed.txt", read_glibc)
    problems, agree = compare(program, linux, ".ops", linux_values, [], known)
    more, agree_heap = compare(program, glibc, ".heap", heap_values, ["--allocator", "gnu"], known)
    threads = read_cases("glibc-threads.txt", read_threads)
    last, _ = compare(program, threads, ".heap", placeless_values, ["--allocator", "gnu"], known)
    print(f"linux: {agree} of {len(linux)} cases agree; glibc: {agree_heap} of {len(glibc)}")
    print("\n".join(problems + more + last))
    return 1 if problems or more or last else 0


if __name__ == "__main__":
    sys.exit(main())
