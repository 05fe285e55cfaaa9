#!/usr/bin/env python3
"""docs.py - the pages say what is so: outputs, links and names in them are held against the rest.

    docs.py readme FAULTLINE            the first run's output, and the example workload
    docs.py readme FAULTLINE --write    put the present output of the first run into README.md
    docs.py examples FAULTLINE          what pages in docs/ show behind "$ faultline ..." is printed,
                                        in this order; lines may be left out
    docs.py links                       every relative link leads to a file
    docs.py names                       every function, file and folder that a page names exists, in
                                        the sources or in the page's own example

Ends with 0 if all is well, else with 1 and what is not.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FIRST_RUN = re.compile(r"(The first one prints:\n\n```\n)(.*?)(^```)", re.DOTALL | re.MULTILINE)
EXAMPLE = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROOMS = ["include", "workloads", "allocator", "mmu", "sim", "tests"]


def pages():
    labs = (ROOT / "workloads" / "labs").rglob("*.md")
    return [README, *sorted((ROOT / "docs").glob("*.md")), *sorted(labs)]


def call(program, words, text=""):
    """Standard output of a call that must end with 0, as a terminal that knows UTF-8 shows it."""
    done = subprocess.run(
        [program, *words],
        cwd=ROOT, input=text, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def run(program, arguments, text=""):
    return call(program, ["run", *arguments], text)


def check_readme(program, *options):
    text = README.read_text(encoding="utf-8")
    shown = FIRST_RUN.search(text)
    printed = run(program, ["workloads/labs/first-touch.json"])
    if options == ("--write",):
        README.write_text(text[: shown.start(2)] + printed + text[shown.end(2) :], "utf-8")
    elif printed != shown[2]:
        return [f"README.md shows\n{shown[2]}\nbut the first run prints\n{printed}"]
    for example in EXAMPLE.findall(text):
        run(program, ["-"], example)
    return []


def commands(block):
    """The commands of a block, each with the lines below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *shown = part.splitlines()
        yield shlex.split(first), shown


def not_printed(shown, printed):
    """The first line that is shown and not printed, or not in its place."""
    rest = iter([line.rstrip() for line in printed.splitlines()])
    return next((line for line in shown if line.rstrip() not in rest), None)


def check_page(page, program, folder):
    for block in BLOCK.findall(page.read_text("utf-8")):
        for (verb, *words), shown in commands(block):
            if verb == "cat":  # a file that the page shows
                (folder / words[0]).write_text("\n".join(shown) + "\n", "utf-8")
            elif verb == "faultline":
                here = [str(folder / w) if (folder / w).is_file() else w for w in words]
                line = not_printed(shown, call(program, here))
                if line is not None:
                    yield f"{page.name}: faultline {' '.join(words)} does not print\n{line}"


def check_examples(program):
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for page in sorted((ROOT / "docs").glob("*.md")):
            wrong += check_page(page, program, Path(folder))
    return wrong


def check_links():
    wrong = []
    for page in pages():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                wrong.append(f"{page.relative_to(ROOT)}: the link to {target} leads nowhere")
    return wrong


def check_names():
    sources = [p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file()]
    words = set()
    for path in sources:
        if path.suffix in (".c", ".h", ".def"):
            words.update(re.findall(r"\w+", path.read_text("utf-8")))
    files = {p.name for p in sources}
    wrong = []
    for page in pages():
        text = page.read_text("utf-8")
        example = " ".join(re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE))
        for name in set(re.findall(r"`([^`\n]+)`", text)):
            if "noun_" in name or re.search("[A-Z]{4}", name):
                continue  # it stands for many names
            if re.fullmatch(r"[a-z]+(_[a-z]+)+(\(\))?", name):
                known = name.removesuffix("()") in words or name in example
            elif re.fullmatch(r"[a-z_]+\.(c|h|def)", name):
                known = name in files
            elif re.fullmatch(r"(%s)/[\w./-]*" % "|".join(ROOMS), name):
                known = (ROOT / name).exists()
            else:
                continue
            if not known:
                wrong.append(f"{page.relative_to(ROOT)}: there is no {name}")
    return sorted(wrong)


CHECKS = {
    "readme": check_readme,
    "examples": check_examples,
    "links": check_links,
    "names": check_names,
}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in CHECKS:
        raise SystemExit(__doc__)
    wrong = CHECKS[sys.argv[1]](*sys.argv[2:])
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
