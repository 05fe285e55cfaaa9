#!/usr/bin/env python3
"""labs.py - what a lab's pages show is what its commands print, and the lab is complete.

    labs.py FAULTLINE LAB...            run every command of the labs' pages, compare
    labs.py FAULTLINE LAB... --write    put what they print now into the pages

A lab is a folder with README.md (for students), instructor.md (answers) and workload files.  A command stands in
a block of its own, behind "$ ", further lines of it behind "> "; what follows up to the next
command is what it prints, standard error included.  "./dev" stands for the program under test.
Each workload has an "expect" that comes true, and a page that uses it.

Ends with 0 if all is well, else with 1 and what is not.
"""

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```\n(\$ .*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*\n(?:> .*\n)*)", re.MULTILINE)
SECTIONS = ["## Goal", "## Steps", "## Questions"]
# Comments are allowed in workloads; strings may hold what looks like one.
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
# The sanitizer's own remark in builds that have it.
NOISE = re.compile(r"==\d+==WARNING: ASan doesn't fully support .*\n")


def printed(program, command):
    """What a terminal of 80 columns without colours shows of a shell command."""
    done = subprocess.run(
        ["sh", "-c", re.sub(r"\./dev\b", lambda _: shlex.quote(program), command)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8", check=False, timeout=250,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    return NOISE.sub("", done.stdout)


def rerun(program, block):
    """A block of commands, with what they print now."""
    text = ""
    for command in COMMAND.findall(block):
        text += "$ " + command + printed(program, command.replace("\n> ", "\n"))
    return text


def check_page(program, page, write):
    old = page.read_text("utf-8")
    new = BLOCK.sub(lambda block: f"```\n{rerun(program, block[1])}```", old)
    if write:
        page.write_text(new, "utf-8")
        return
    yield from difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{page}: says", f"{page}: is", lineterm="", n=2
    )


def check_workload(program, workload):
    """What the workload expects of itself comes true."""
    plain = COMMENT.sub(lambda m: m[1] or "", workload.read_text("utf-8"))
    if not json.loads(plain).get("expect"):
        yield f"{workload}: expects nothing"
    done = subprocess.run(
        [program, "run", "-q", workload], capture_output=True, text=True, check=False, timeout=250
    )
    if done.returncode != 0:
        yield f"{workload}: exit code {done.returncode}\n{done.stderr}"


def check_parts(program, lab):
    """The pages and workloads that a lab consists of."""
    student, teacher = lab / "README.md", lab / "instructor.md"
    workloads = sorted(lab.glob("*.json"))
    if not (student.exists() and teacher.exists() and workloads):
        yield f"{lab}: a lab has README.md, instructor.md and a workload"
        return
    text = student.read_text("utf-8")
    yield from (f"{student}: has no {title}" for title in SECTIONS if f"\n{title}" not in text)
    if not BLOCK.search(text):
        yield f"{student}: shows no command"
    for workload in workloads:
        yield from check_workload(program, workload)
        if workload.name not in text:
            yield f"{workload}: README.md does not use it"


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    if len(words) < 2:
        raise SystemExit(__doc__)
    program = str(Path(words[0]).resolve())
    wrong = []
    for lab in map(Path, words[1:]):
        wrong += check_parts(program, lab)
        for page in sorted(lab.glob("*.md")):
            wrong += check_page(program, page, "--write" in sys.argv)
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
