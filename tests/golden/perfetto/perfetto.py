#!/usr/bin/env python3
"""perfetto.py - the traces of run --perfetto, decoded by somebody else and held against the numbers.

    perfetto.py FAULTLINE WORKLOAD...        (FILE.ops and FILE.heap are run with --trace)

Idea: a decoder of Protocol Buffers in thirty lines, with Perfetto's field numbers written down a second
time. Of each trace: it decodes to the last byte; every track is described before its first event;
packets sorted by time, in the order of the file where times are equal, give slices on each track that
nest and are all closed; counters have the values of series.csv; the page faults are those of stats.json.
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """{field: [values]}: numbers, or bytes where the field has a length."""
    fields, at = defaultdict(list), 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            assert len(value) == length, "a field ends behind its message"
        else:
            raise AssertionError(f"wire type {key & 7}")
        fields[key >> 3].append(value)
    return fields


def one(fields, number, otherwise=None):
    values = fields.get(number, [])
    assert len(values) <= 1, f"field {number} is there {len(values)} times"
    return values[0] if values else otherwise


class Trace:
    def __init__(self, data):
        self.tracks, self.events = {}, []  # uuid: (name, parent, pid); (time, type, uuid, event)
        top = message(data)
        assert list(top) == [1], "a trace is packets"
        for number, raw in enumerate(top[1]):
            packet = message(raw)
            assert one(packet, 10) == 1, "all on one sequence"
            assert one(packet, 13, 0) == (1 if number == 0 else 0)
            if 60 in packet:
                self.describe(message(one(packet, 60)))
            else:
                self.add(one(packet, 8, 0), message(one(packet, 11)))

    def describe(self, track):
        uuid, parent = one(track, 1), one(track, 5, 0)
        assert uuid and uuid not in self.tracks, "a track's number is its own"
        assert parent == 0 or parent in self.tracks, "parents come first"
        process = message(one(track, 3, b""))
        self.tracks[uuid] = (one(track, 2).decode(), parent, one(process, 1))

    def add(self, time, event):
        assert one(event, 11) in self.tracks, "an event on a track that nobody described"
        self.events.append((time, one(event, 9), one(event, 11), event))

    def slices(self):
        """(uuid, begin, end, depth, name), checked for nesting."""
        opened, done = defaultdict(list), []
        for time, kind, uuid, event in sorted(self.events, key=lambda e: e[0]):
            if kind == BEGIN:
                opened[uuid].append((time, one(event, 23).decode()))
            elif kind == END:
                assert opened[uuid], f"an end without a begin at {time}"
                begin, name = opened[uuid].pop()
                done.append((uuid, begin, time, len(opened[uuid]), name))
        assert not any(opened.values()), "slices that never end"
        return done

    def counter(self, uuid):
        return {t: one(e, 30, 0) for t, kind, u, e in self.events if kind == COUNTER and u == uuid}


def check_slices(trace, stats):
    slices = trace.slices()
    end = stats["machine"]["time_ns"]
    assert all(0 <= begin <= stop <= end for _, begin, stop, _, _ in slices), "outside the run"
    by_pid = defaultdict(lambda: [0, 0])
    for uuid, begin, stop, depth, name in slices:
        assert depth <= 2, "an operation, a line of a script, a fault: no deeper"
        if name.startswith("fault: "):
            assert depth > 0, "a fault outside every operation"
            assert begin < stop, "a fault that took no time"
            pid = trace.tracks[trace.tracks[uuid][1]][2]
            by_pid[pid][0] += 1
            by_pid[pid][1] += name in ("fault: read from swap", "fault: read from a file")
    for process in stats["processes"]:
        counters = process["counters"]
        assert by_pid[process["pid"]] == [counters["pgfault"], counters["majflt"]], process["name"]


def check_cpus(trace, stats):
    """Who runs on a CPU: one at a time, each thread in one place, and never more than the busy time."""
    cpus = {u: name for u, (name, _, _) in trace.tracks.items() if name.startswith("CPU ")}
    machine = stats["machine"]
    assert len(cpus) == len(machine.get("cpus", [0])), "a track for each CPU"
    turns = [s for s in trace.slices() if s[0] in cpus]
    assert all(depth == 0 for _, _, _, depth, _ in turns), "two at a time on a CPU"
    busy = machine["time_ns"] * len(cpus) - machine["counters"]["idle_ns"]
    used = sum(stop - begin for _, begin, stop, _, _ in turns)
    assert busy - machine["counters"]["switch_ns"] - machine["counters"]["reclaim_ns"] <= used <= busy
    ends = {}
    for _, begin, stop, _, name in sorted(turns, key=lambda t: t[1]):
        assert begin >= ends.get(name, 0), f"{name} is in two places at {begin}"
        ends[name] = stop


def check_counters(trace, stats, rows):
    """A counter that is not told again is what it was."""
    page = stats["machine"]["page_size"]
    wanted = [(None, "free frames", "free", 1), (None, "swap slots used", "swap_used", 1)]
    for process in stats["processes"]:
        for title, column, scale in (("rss", "rss", page), ("heap", "heap_bytes", 1)):
            wanted.append((process["pid"], title, f"{process['name']}.{column}", scale))
    for pid, title, column, scale in wanted:
        uuid = next(
            u for u, (name, parent, _) in trace.tracks.items()
            if name == title and (trace.tracks[parent][2] if parent else None) == pid
        )  # fmt: skip
        told, value = trace.counter(uuid), None
        for row in rows:
            value = told.pop(int(row["time_ns"]), value)
            assert value == int(row[column]) * scale, (column, row["time_ns"])
        assert not told, f"{column} is told at times without a sample"


def check(program, workload):
    source = [workload] if Path(workload).suffix == ".json" else ["--trace", workload]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/trace"
        subprocess.run(
            [program, "run", *source, "-q", "-o", folder, "--perfetto", path], check=False
        )
        trace = Trace(Path(path).read_bytes())
        stats = json.loads(Path(folder, "stats.json").read_text("utf-8"))
        with open(f"{folder}/series.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    check_slices(trace, stats)
    check_cpus(trace, stats)
    check_counters(trace, stats, rows)
    names = {name for name, parent, pid in trace.tracks.values() if pid}
    assert {p["name"] for p in stats["processes"]} == names
    print(f"{workload}: {len(trace.events)} events on {len(trace.tracks)} tracks")


if __name__ == "__main__":
    for each in sys.argv[2:]:
        check(sys.argv[1], each)
