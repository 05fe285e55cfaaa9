#!/usr/bin/env python3
"""cli.py - the command line against what it gave before: stdout, stderr, exit code.

Idea: each invocation of CASES has a file expected/NAME.txt with the command, all that came out
and the exit code, as a reader would see it.  What cannot be kept as text (a full disk, a closed
pipe, a terminal, files in a folder) is in the functions test_*.

    cli.py FAULTLINE              compare; ends with 1 and the differences if there are any
    cli.py --update FAULTLINE     write what comes out now; look at the difference before keeping it
"""

import difflib
import json
import os
import pty
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

# name: the words behind `faultline`; workloads are in workloads/, the working folder.
CASES = {
    # running
    "run-belady": ["run", "belady.json"],
    "run-two-list": ["run", "two-list.json"],
    "run-swapping": ["run", "swapping.json"],
    "run-misfortunes": ["run", "misfortunes.json"],
    "run-json": ["run", "belady.json", "--format", "json"],
    "run-json-two-list": ["run", "--format=json", "two-list.json"],
    "run-frames": ["run", "belady.json", "--frames", "4", "--set", "/expect/machine.pgfault=10"],
    "run-policy": ["run", "belady.json", "--policy=lru", "--set", "/expect/machine.pgfault=10"],
    "run-allocator": ["run", "two-list.json", "--allocator", "bump"],
    "run-trace": ["run", "--trace", "small.rep", "--allocator=two-list", "--frames=8"],
    "run-script": ["run", "--trace", "small.ops"],
    "run-per-op": ["run", "--trace", "small.ops", "--per-op"],
    "run-per-op-json": ["run", "--trace", "small.ops", "--per-op", "--format=json"],
    "run-heap-script": ["run", "--trace", "small.heap", "--allocator=explicit", "--per-op"],
    "run-heap-script-json": ["run", "--trace", "small.heap", "--allocator=explicit", "--per-op",
                             "--format=json"],
    "run-proc": ["run", "--trace", "proc.ops", "--proc"],
    "run-proc-parts": ["run", "two-list.json", "--proc=rusage,vmstat"],
    "usage-proc-part": ["run", "two-list.json", "--proc=smap"],
    "run-set": ["run", "--set", "/machine/tlb=none", "--set", "/name=other", "belady.json"],
    "run-quiet": ["run", "-q", "belady.json"],
    "run-checked": ["run", "--check", "belady.json", "--no-progress"],
    "run-checked-every": ["run", "--check=every", "--quiet", "swapping.json"],
    "run-checked-often": ["run", "--check=7", "--quiet", "swapping.json"],
    "run-max-steps": ["run", "belady.json", "--max-steps=30"],
    "run-max-steps-refused": ["run", "belady.json", "--max-steps=0"],
    "compare-max-steps": ["compare", "belady.json", "--max-steps=9", "--policy=fifo,lru"],
    "run-curve": ["run", "belady.json", "--curve"],
    "run-curve-of-several": ["run", "swapping.json", "--curve"],
    "run-curve-quiet": ["run", "belady.json", "--curve", "--format=json"],
    "run-coloured": ["run", "failing.json", "--color=always"],
    # explaining
    "explain-belady": ["explain", "belady.json"],
    "explain-two-list": ["explain", "two-list.json", "--quiet"],
    "explain-swapping": ["explain", "swapping.json", "-q"],
    "explain-script": ["explain", "--trace", "small.heap", "--allocator=bump", "-q"],
    "explain-bins": ["explain", "--trace", "bins.heap", "--allocator=gnu", "-q"],
    "explain-sharing": ["explain", "sharing.json", "-q"],
    "explain-misfortunes": ["explain", "misfortunes.json", "-q"],
    "explain-short": ["explain", "belady.json", "--max-lines=3", "-q"],
    "explain-at": ["explain", "belady.json", "--at=4,9..10", "-q"],
    "explain-only": ["explain", "swapping.json", "--only", "major,ops", "--process=left", "-q"],
    "explain-bad-at": ["explain", "belady.json", "--at", "3..1"],
    "explain-bad-topic": ["explain", "belady.json", "--only=majr"],
    "explain-bad-process": ["explain", "swapping.json", "--process", "rihgt"],
    # asking
    "quiz": ["quiz", "belady.json"],
    "quiz-answers": ["quiz", "swapping.json", "-c", "--seed=4", "-n", "7"],
    "quiz-coloured": ["quiz", "belady.json", "--answers", "--questions=1", "--color=always"],
    "quiz-sheet": ["quiz", "belady.json", "--policy=lru", "--format=markdown", "-n", "3"],
    "quiz-key": ["quiz", "belady.json", "--policy=lru", "--format=markdown", "-n", "3",
                 "-c"],
    "quiz-script": ["quiz", "--trace", "small.ops", "-c", "-n", "2"],
    "quiz-too-many": ["quiz", "belady.json", "-n", "51"],
    "quiz-bad-format": ["quiz", "belady.json", "--format=json"],
    "quiz-bad-file": ["quiz", "misspelt-op.json"],
    # comparing
    "compare-belady": ["compare", "belady.json"],
    "compare-sizes": ["compare", "belady.json", "--policy=fifo,lru", "--memory", "2..4,20KiB"],
    "compare-refused": ["compare", "swapping.json", "--policy", "fifo,opt,vmin"],
    "compare-allocators": ["compare", "two-list.json", "--allocator", "two-list,bump"],
    "compare-trace": ["compare", "--trace", "small.rep", "--memory=1,2", "--policy=lru"],
    "compare-csv": ["compare", "belady.json", "--policy=fifo,lru", "--memory=3,4", "--format=csv"],
    "compare-gnuplot": ["compare", "belady.json", "--policy=fifo,lru", "--memory=3,4",
                        "--format=gnuplot"],
    "compare-gnuplot-name": ["compare", "belady.json", "--policy=lru", "--memory=3",
                             "--format=gnuplot", "--set", "/name=\"it's `date` @m\""],
    "compare-json": ["compare", "belady.json", "--policy=fifo", "--memory=3,4", "--format=json"],
    "compare-all-refused": ["compare", "swapping.json", "--policy=opt"],
    "compare-bad-memory": ["compare", "belady.json", "--memory=16KB"],
    "compare-two-ways": ["compare", "belady.json", "--policy=lru,fifo", "--allocator=bump,linked"],
    "compare-bad-file": ["compare", "misspelt-op.json"],
    "compare-copies": ["compare", "swapping.json", "--copies=1..3", "--load-control", "none,l=s"],
    "compare-copies-csv": ["compare", "swapping.json", "--copies=2", "--format=csv"],
    "compare-copies-json": ["compare", "swapping.json", "--copies=1", "--format=json"],
    "compare-copies-bad": ["compare", "swapping.json", "--copies=0"],
    "compare-copies-bad-rule": ["compare", "swapping.json", "--copies=1", "--load-control=l=x"],
    "compare-copies-and-policy": ["compare", "swapping.json", "--copies=1", "--policy=lru"],
    "compare-load-control-alone": ["compare", "swapping.json", "--load-control=all"],
    # curves
    "curve-belady": ["curve", "belady.json"],
    "curve-policies": ["curve", "belady.json", "--policy=fifo,lru,clock", "--memory=1..6"],
    "curve-windows": ["curve", "belady.json", "--policy", "ws"],
    "curve-trace": ["curve", "--trace", "small.rep", "--allocator=bump", "--color=always"],
    "curve-heap": ["curve", "two-list.json", "--memory", "1,2,16KiB"],
    "curve-gnuplot": ["curve", "belady.json", "--policy=lru,fifo", "--memory=2..4",
                      "--format=gnuplot"],
    "curve-gnuplot-window": ["curve", "belady.json", "--policy=ws", "--format", "gnuplot"],
    "curve-csv": ["curve", "belady.json", "--format=csv"],
    "curve-json": ["curve", "belady.json", "--policy=lru,fifo,vmin", "--format", "json"],
    "curve-sample": ["curve", "belady.json", "--sample=0.5", "--memory=1..3"],
    "curve-working-set": ["curve", "belady.json", "--policy=ws", "--working-set=3,1,100"],
    "curve-working-set-csv": ["curve", "belady.json", "--working-set=2,4", "--format=csv"],
    "curve-working-set-json": ["curve", "belady.json", "--policy=ws", "--working-set=2",
                               "--format=json"],
    "curve-bad-working-set": ["curve", "belady.json", "--working-set=5,0"],
    "curve-process": ["curve", "swapping.json", "--process=right"],
    "curve-bad-process": ["curve", "swapping.json", "--process=rigth"],
    "curve-several": ["curve", "swapping.json"],
    "curve-bad-policy": ["curve", "belady.json", "--policy=lru,fofo"],
    "curve-bad-sample": ["curve", "belady.json", "--sample=0"],
    "curve-bad-memory": ["curve", "belady.json", "--memory=4..2"],
    # expectations and bad input
    "expect-fails": ["run", "failing.json"],
    "expect-fails-quiet": ["run", "failing.json", "--quiet"],
    "expect-unknown-path": ["run", "misspelt-path.json"],
    "input-misspelt-op": ["run", "misspelt-op.json"],
    "input-missing": ["run", "nowhere.json"],
    "input-folder": ["run", "."],
    "input-not-json": ["run", "small.rep"],
    "input-cut-trace": ["run", "--trace", "cut.rep"],
    "input-bad-script": ["run", "--trace", "misspelt.ops"],
    "input-no-script": ["run", "belady.json", "--per-op"],
    "input-bad-set": ["run", "belady.json", "--set", "/machine/frames=none"],
    "input-bad-policy": ["run", "belady.json", "--policy", "fofo"],
    "check-good": ["check", "belady.json", "two-list.json"],
    "check-bad": ["check", "belady.json", "misspelt-op.json", "misspelt-path.json", "nowhere.json"],
    # usage
    "usage-nothing": [],
    "usage-unknown-command": ["rnu", "belady.json"],
    "usage-option-first": ["--frames", "3"],
    "usage-unknown-option": ["run", "belady.json", "--fromat=json"],
    "usage-unknown-letter": ["run", "belady.json", "-x"],
    "usage-missing-value": ["run", "belady.json", "--frames"],
    "usage-bad-format": ["run", "belady.json", "--format", "jsom"],
    "usage-bad-frames": ["run", "belady.json", "--frames", "many"],
    "usage-bad-check": ["run", "belady.json", "--check=sometimes"],
    "usage-bad-set": ["run", "belady.json", "--set", "machine.frames=3"],
    "usage-bad-color": ["run", "belady.json", "--color=red"],
    "usage-twice": ["run", "belady.json", "--frames=3", "--frames=4"],
    "usage-file-and-trace": ["run", "belady.json", "--trace", "small.rep"],
    "usage-no-file": ["run"],
    "usage-two-files": ["run", "belady.json", "two-list.json"],
    "usage-explain-json": ["explain", "belady.json", "--format=json"],
    "usage-list-nothing": ["list"],
    "usage-list-unknown": ["list", "polices"],
    "usage-check-nothing": ["check"],
    # help
    "help": ["help"],
    "help-option": ["--help"],
    "help-run": ["help", "run"],
    "help-explain": ["explain", "--help"],
    "help-quiz": ["help", "quiz"],
    "help-compare": ["compare", "-h"],
    "help-curve": ["help", "curve"],
    "help-check": ["check", "-h"],
    "help-list": ["help", "list"],
    "help-ops": ["help", "ops"],
    "help-heap": ["help", "heap"],
    "help-unknown": ["help", "rum"],
    "version": ["--version"],
    "list-mmus": ["list", "mmus"],
}  # fmt: skip

TOPICS = ["policies", "allocators", "counters", "costs", "events", "mmus"]


class Faultline:
    def __init__(self, program):
        self.program = str(Path(program).resolve())
        # No colours, blocks instead of ASCII, the terminal of nobody in particular.
        self.environment = {"LC_ALL": "C.UTF-8", "TERM": "xterm", "PATH": os.environ["PATH"]}

    def run(self, words, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **options}
        done = subprocess.run(
            [self.program, *words], cwd=HERE / "workloads", env=self.environment,
            stderr=subprocess.PIPE, check=False, timeout=100, **options,
        )  # fmt: skip
        # The sanitizer's own remark in builds that have it.
        done.stderr = re.sub(rb"==\d+==WARNING: ASan doesn't fully support .*\n", b"", done.stderr)
        return done


def transcript(words, done):
    """One invocation as text: the command, what came out, how it ended."""
    text = "$ faultline " + " ".join(words) + "\n"
    text += done.stdout.decode().replace("\033", "\\e")
    errors = done.stderr.decode()
    text += "".join(f"stderr: {line}\n" for line in errors.splitlines())
    return text + f"exit: {done.returncode}\n"


def check_case(faultline, name, words, update):
    path = HERE / "expected" / f"{name}.txt"
    got = transcript(words, faultline.run(words))
    if update:
        path.write_text(got)
        return []
    wanted = path.read_text() if path.exists() else ""
    lines = difflib.unified_diff(
        wanted.splitlines(), got.splitlines(), f"{name}: expected", f"{name}: got", lineterm="", n=2
    )
    return ["\n".join(lines)] if got != wanted else []


# ---- what is not a transcript ------------------------------------------------------------------


def test_lists_fit_80_columns(faultline):
    for topic in TOPICS:
        done = faultline.run(["list", topic])
        assert done.returncode == 0 and done.stderr == b"", topic
        lines = done.stdout.decode().splitlines()
        assert len(lines) > 3, topic
        for line in lines:
            assert len(line) <= 80, f"{topic}: {line}"


def test_lists_name_what_workloads_use(faultline):
    for topic, word in [("policies", "fifo"), ("allocators", "two-list"), ("counters", "minflt"),
                        ("costs", "swap_read"), ("events", "evict"), ("mmus", "sv39")]:  # fmt: skip
        lines = faultline.run(["list", topic]).stdout.decode().splitlines()
        assert any(line.split()[:1] == [word] for line in lines), topic


def test_summaries_fit_80_columns(faultline):
    for name in ["belady", "two-list", "swapping", "misfortunes", "failing"]:
        for line in faultline.run(["run", f"{name}.json"]).stdout.decode().splitlines():
            assert len(line) <= 80, f"{name}: {line}"


def test_comparisons_fit_80_columns(faultline):
    for words in [["belady.json"], ["swapping.json"], ["two-list.json", "--allocator=all"]]:
        policies = [] if "--allocator=all" in words else ["--policy=all"]
        done = faultline.run(["compare", *words, *policies])
        assert done.returncode == 0 and done.stderr == b"", done.stderr
        for line in done.stdout.decode().splitlines():
            assert len(line) <= 80, f"{words}: {line}"


def test_comparison_agrees_with_runs(faultline):
    done = faultline.run(["compare", "belady.json", "--memory=1..6", "--format=json"])
    for one in json.loads(done.stdout)["runs"]:
        words = ["run", "belady.json", "--policy", one["policy"], "--frames", str(one["frames"]),
                 "--set", "/expect={}", "--format=json"]  # fmt: skip
        stats = json.loads(faultline.run(words).stdout)["machine"]
        for counter in ["pgfault", "majflt", "evictions", "writebacks"]:
            assert stats["counters"][counter] == one[counter], one
        assert stats["time_ns"] == one["time_ns"], one


def test_comparison_of_standard_input(faultline):
    text = (HERE / "workloads" / "belady.json").read_bytes()
    words = ["--policy=all", "--memory=1..6", "--format=csv"]
    piped = faultline.run(["compare", "-", *words], stdin=None, input=text)
    assert piped.returncode == 0
    assert piped.stdout == faultline.run(["compare", "belady.json", *words]).stdout


def test_curves_fit_80_columns(faultline):
    for words in [["belady.json"], ["two-list.json"], ["belady.json", "--policy=all"],
                  ["belady.json", "--sample=0.3"], ["--trace", "small.rep"]]:  # fmt: skip
        done = faultline.run(["curve", *words])
        assert done.returncode == 0 and done.stderr == b"", done.stderr
        for line in done.stdout.decode().splitlines():
            assert len(line) <= 80, f"{words}: {line}"


def test_curves_agree_with_runs(faultline):
    """Those of one pass, and those of runs; in every size."""
    words = ["curve", "belady.json", "--policy=lru,opt,fifo,clock", "--memory=1..6"]
    curves = json.loads(faultline.run([*words, "--format=json"]).stdout)
    for curve in curves["curves"]:
        for frames, faults in zip(curves["sizes"], curve["faults"]):
            done = faultline.run(["run", "belady.json", "--policy", curve["name"], "--frames",
                                  str(frames), "--set", "/expect={}", "--format=json"])  # fmt: skip
            counters = json.loads(done.stdout)["machine"]["counters"]
            assert counters["pgfault"] == faults, (curve["name"], frames)


def test_json_is_json_and_nothing_else(faultline):
    done = faultline.run(["run", "swapping.json", "--format=json"])
    stats = json.loads(done.stdout)
    assert stats["schema"] == "faultline-stats/1"
    names = [process["name"] for process in stats["processes"]]
    assert names == ["left", "right"], names
    for counter, value in stats["processes"][0]["counters"].items():
        total = sum(process["counters"][counter] for process in stats["processes"])
        assert stats["machine"]["counters"][counter] == total, (counter, value)


def test_workload_from_standard_input(faultline):
    text = (HERE / "workloads" / "belady.json").read_bytes()
    piped = faultline.run(["run", "-", "--format=json"], stdin=None, input=text)
    named = faultline.run(["run", "belady.json", "--format=json"])
    assert piped.returncode == 0 and piped.stdout == named.stdout
    # The short options parse twice, but a pipe can be read only once.
    options = ["--frames=4", "--allocator=bump", "--set", "/expect={}", "--format=json"]
    piped = faultline.run(["run", "-", *options], stdin=None, input=text)
    named = faultline.run(["run", "belady.json", *options])
    assert piped.returncode == 0 and piped.stdout == named.stdout, piped.stderr
    broken = faultline.run(["run", "-"], stdin=None, input=b'{"processes": 7}')
    assert broken.returncode == 3 and broken.stderr.startswith(b"faultline: stdin:1:")


def test_ascii_without_utf8(faultline):
    environment = faultline.environment
    for change in [{"LC_ALL": "C"}, {"TERM": "dumb"}]:
        faultline.environment = {**environment, **change}
        faultline.run(["run", "belady.json"]).stdout.decode("ascii")
        faultline.run(["curve", "belady.json", "--sample=0.5"]).stdout.decode("ascii")
    faultline.environment = environment


def test_same_name_twice_in_any_locale(faultline):
    environment = faultline.environment
    outputs = set()
    for locale in ["C", "C.UTF-8", "de_DE.UTF-8", ""]:
        faultline.environment = {**environment, "LC_ALL": locale, "COLUMNS": "20"}
        outputs.add(faultline.run(["run", "belady.json", "--format=json"]).stdout)
    faultline.environment = environment
    assert len(outputs) == 1


def test_full_disk(faultline):
    for words in [["run", "belady.json"], ["run", "belady.json", "--format=json"], ["--version"],
                  ["explain", "belady.json"], ["list", "counters"]]:  # fmt: skip
        with open("/dev/full", "wb") as full:
            done = faultline.run(words, stdout=full)
        assert done.returncode == 1, words
        assert b"cannot write to standard output: No space left" in done.stderr, done.stderr


def test_closed_stdout(faultline):
    command = f'"{faultline.program}" run belady.json >&-'
    done = subprocess.run(["sh", "-c", command], cwd=HERE / "workloads", stderr=subprocess.PIPE,
                          env=faultline.environment, check=False)  # fmt: skip
    assert done.returncode == 1 and b"cannot write to standard output" in done.stderr


def test_closed_stdin(faultline):
    """Its number is not given to another file; it reads as empty."""
    done = subprocess.run(["sh", "-c", f'"{faultline.program}" run - <&-'], check=False,
                          stderr=subprocess.PIPE, env=faultline.environment)  # fmt: skip
    assert done.returncode == 3 and b"stdin:1:1:" in done.stderr, done.stderr


def test_reader_that_leaves(faultline):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = faultline.run(["explain", "belady.json"], stdout=pipe)
    assert done.returncode == 0 and done.stderr == b"", done.stderr


def test_no_memory(faultline):
    """The host refuses memory: words and exit code 1.  (Sanitizers want more than any limit.)"""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    if faultline.run(["--version"], preexec_fn=limit).returncode != 0:
        return
    lab = {"machine": {"memory": "8GiB"}, "processes": [{"program": [
        {"op": "mmap", "id": "m", "length": "6GiB"}, {"op": "fill", "id": "m"}]}]}  # fmt: skip
    text = json.dumps(lab).encode()
    done = faultline.run(["run", "-q", "-"], stdin=None, input=text, preexec_fn=limit)
    assert done.returncode == 1 and b"out of memory" in done.stderr, done.stderr


def test_folder_of_results(faultline):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        for _ in range(2):  # the second time into a folder that is there already
            done = faultline.run(["run", "swapping.json", "-q", "-o", str(out)])
            assert done.returncode == 0 and done.stdout == b"", done.stderr
        names = sorted(path.name for path in out.iterdir())
        assert names == ["recording.json", "run.json", "series.csv", "series.gp", "stats.json"], names
        stats = (out / "stats.json").read_bytes()
        assert stats == faultline.run(["run", "swapping.json", "--format=json"]).stdout
        check_series(out / "series.csv", json.loads(stats))
        check_run(out / "run.json", faultline, stats)


def test_report(faultline):
    """The page has the run's numbers; it is there whole or not at all."""
    with tempfile.TemporaryDirectory() as folder:
        out, page, at_once = (Path(folder) / name for name in ("out", "page.html", "once.html"))
        run = ["run", "swapping.json", "-q"]
        assert faultline.run([*run, "-o", str(out), "--report", str(at_once)]).returncode == 0
        done = faultline.run(["report", str(out), str(page)])
        assert done.returncode == 0 and done.stdout == done.stderr == b"", done.stderr
        assert page.read_bytes() == at_once.read_bytes()
        text = page.read_text("utf-8")
        data = text.split('id="faultline-data">')[1].split("</script>")[0]
        recording = json.loads(data)["parts"][0]
        assert recording["stats"] == json.loads((out / "stats.json").read_bytes())
        assert "<" not in data
        (out / "recording.json").write_text('{"schema": "something else"}')
        done = faultline.run(["report", str(out), str(page)])
        assert done.returncode == 3 and b"recording.json" in done.stderr, done.stderr
        done = faultline.run(["report", folder, str(page)])
        assert done.returncode == 1 and b"recording.json" in done.stderr, done.stderr
        assert page.read_bytes() == at_once.read_bytes()
        done = faultline.run([*run, "--report", str(Path(folder) / "no" / "where" / "page.html")])
        assert done.returncode == 1 and done.stdout == b"", done.stderr
        compared = faultline.run(["compare", "belady.json", "--report", str(page)])
        assert compared.returncode == 0 and b"faultline-compare/1" in page.read_bytes()
    assert faultline.run(["report", "out"]).returncode == 2


def check_series(path, stats):
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert rows[0][0] == "time_ns" and "right.working_set" in rows[0]
    assert 3 < len(rows) <= 2001 and all(len(row) == len(rows[0]) for row in rows)
    times = [int(row[0]) for row in rows[1:]]
    assert times == sorted(set(times)) and times[-1] == stats["machine"]["time_ns"]
    faults = int(rows[-1][rows[0].index("pgfault")])
    assert faults == stats["machine"]["counters"]["pgfault"]


def check_run(path, faultline, stats):
    """run.json is enough to repeat the run."""
    info = json.loads(path.read_bytes())
    assert info["seed"] == 42 and info["inputs"][0]["path"] == "swapping.json"
    assert re.fullmatch(r"[0-9a-f]{64}", info["inputs"][0]["sha256"])
    text = json.dumps(info["workload"]).encode()
    again = faultline.run(["run", "-", "--format=json"], stdin=None, input=text)
    assert again.stdout == stats, again.stderr


def test_trace_is_hashed(faultline):
    with tempfile.TemporaryDirectory() as folder:
        faultline.run(["run", "--trace", "small.rep", "-q", "-o", folder])
        inputs = json.loads((Path(folder) / "run.json").read_bytes())["inputs"]
        assert [one["kind"] for one in inputs] == ["trace"], inputs


def test_failed_runs_leave_nothing(faultline):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        assert faultline.run(["run", "--trace", "cut.rep", "-o", str(out)]).returncode == 3
        assert not out.exists()
        out.write_text("a file")
        done = faultline.run(["run", "belady.json", "-o", str(out)])
        assert done.returncode == 1 and b"Not a directory" in done.stderr, done.stderr
        done = faultline.run(["run", "belady.json", "-o", str(Path(folder) / "a" / "b")])
        assert done.returncode == 1 and done.stdout == b"", done.stderr


def test_expectations_fail_but_results_are_written(faultline):
    with tempfile.TemporaryDirectory() as folder:
        done = faultline.run(["run", "failing.json", "-q", "-o", folder])
        assert done.returncode == 4
        assert (Path(folder) / "stats.json").exists()


def on_terminal(faultline, words, **environment):
    """What a terminal sees as standard output."""
    ours, theirs = pty.openpty()
    subprocess.run([faultline.program, *words], cwd=HERE / "workloads", stdout=theirs, check=True,
                   stderr=subprocess.DEVNULL, env={**faultline.environment, **environment})  # fmt: skip
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:
        pass  # the end, as Linux says it of terminals
    os.close(ours)
    return text


def test_colours_only_on_a_terminal(faultline):
    words = ["run", "belady.json"]
    assert b"\033[" in on_terminal(faultline, words)
    assert b"\033[" not in on_terminal(faultline, words, NO_COLOR="1")
    assert b"\033[" not in on_terminal(faultline, words, TERM="dumb")
    assert b"\033[" not in on_terminal(faultline, [*words, "--color=never"])
    assert b"\033[" not in faultline.run(words).stdout


def test_explain_fits_into_a_terminal(faultline):
    words = ["explain", "two-list.json", "-q"]
    shown = on_terminal(faultline, words).decode().splitlines()
    piped = faultline.run(words).stdout.decode().splitlines()
    assert max(map(len, shown)) <= 80 < max(map(len, piped)), shown
    assert not any(line.endswith(" ") for line in shown), shown
    assert " ".join(shown).split() == " ".join(piped).split()


def main():
    words = sys.argv[1:]
    update = words[:1] == ["--update"]
    if len(words) != 1 + update:
        raise SystemExit(__doc__)
    faultline = Faultline(words[-1])
    problems = []
    for name, case in CASES.items():
        problems += check_case(faultline, name, case, update)
    left_over = {path.stem for path in (HERE / "expected").glob("*.txt")} - set(CASES)
    problems += [f"expected/{name}.txt belongs to no case" for name in sorted(left_over)]
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    for name, test in tests:
        try:
            test(faultline)
        except AssertionError as error:
            problems.append(f"{name}: line {error.__traceback__.tb_next.tb_lineno}: {error}")
    print("\n\n".join(problems) or f"{len(CASES)} transcripts and {len(tests)} tests agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
