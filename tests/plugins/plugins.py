#!/usr/bin/env python3
"""plugins.py - components from a shared object do what built-in ones do, or are refused in words.

    plugins.py FAULTLINE FOLDER         FOLDER holds the shared objects of CMakeLists.txt

Ends with 0 if all is well, else with 1 and what is not.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / "workloads" / "labs"

# Object, what the message says.  Each is refused with exit code 1, whatever the command.
REFUSED = [
    ("plugin_incomplete.so", "victim, unloaded, holds or check is NULL"),
    ("plugin_stale.so", "was built with the headers of another faultline"),
    ("plugin_silent.so", "exports no faultline_plugin"),
    ("nowhere.so", "cannot be loaded"),
]


class Plugins:
    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)

    def run(self, verb, *words, plugins=("plugin_example.so",), code=0):
        options = [f"--plugin={self.folder / plugin}" for plugin in plugins]
        done = subprocess.run(
            [self.program, verb, *options, *map(str, words)], cwd=ROOT, capture_output=True,
            text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if done.returncode != code:
            raise SystemExit(f"{verb} {words}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout if code == 0 else done.stderr


def check_lists(plugins):
    for topic, name in [("policies", "oldest-clean"), ("allocators", "last-freed")]:
        if f"\n{name} " not in plugins.run("list", topic):
            yield f"list {topic} does not have {name}"


def check_policy(plugins):
    """Where nothing is dirty, the oldest clean page is the oldest: FIFO, at every size."""
    words = ["--policy=fifo,oldest-clean", "--memory=1..6", "--format=json"]
    runs = json.loads(plugins.run("compare", LABS / "silberschatz.json", *words))["runs"]
    faults = {name: [run["pgfault"] for run in runs if run["policy"] == name]
              for name in ("fifo", "oldest-clean")}  # fmt: skip
    if faults["fifo"] != faults["oldest-clean"] or len(faults["fifo"]) != 6:
        yield f"oldest-clean is not FIFO among clean pages: {faults}"


def check_runs(plugins):
    """Under pressure, with every invariant looked at; contents survive."""
    options = ["-q", "--check=every", "--policy=oldest-clean", "--allocator=last-freed"]
    plugins.run("run", LABS / "swapping.json", *options)
    text = plugins.run(
        "run", LABS / "06-fragmentation" / "picture.json", "--allocator=last-freed",
        "--set=/expect={}", "--format=json",
    )  # fmt: skip
    process = json.loads(text)["processes"][0]
    if process["status"] != "exited" or process["counters"]["heap_errors"] != 0:
        yield f"last-freed went wrong: {process['status']}"
    if process["memory"]["peak_heap_bytes"] != 6 * (608 + 16) + 1008 + 16:
        yield f"last-freed held {process['memory']['peak_heap_bytes']} bytes"


def check_refused(plugins):
    for name, wanted in REFUSED:
        said = plugins.run("check", LABS / "first-touch.json", plugins=[name], code=1)
        if wanted not in said or name not in said:
            yield f"{name} is refused with {said!r}, not {wanted!r}"
    said = plugins.run("list", "policies", plugins=["plugin_example.so"] * 2, code=1)
    if 'the name "oldest-clean" is taken already' not in said:
        yield f"a name is taken twice: {said}"


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    plugins = Plugins(*sys.argv[1:])
    checks = [check_lists, check_policy, check_runs, check_refused]
    wrong = [line for check in checks for line in check(plugins)]
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
