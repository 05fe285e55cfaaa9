#!/usr/bin/env python3
"""Holds the JSON schema and the C loader together.

Every lab and every good file must satisfy the schema; every bad file must be refused by the JSON
parser or by the schema, unless it is listed below with the reason why only the loader can know.
test_bad.c and test_workload.c hold the loader to the same files.  And whatever the C sources list
(ops, cost names, trace formats) the schema must list, too.

usage: schema_check.py SOURCE_DIR
Exit: 0 all well, 1 not, 77 the package python3-jsonschema is missing (skipped).
"""
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

# What a schema cannot say, or what a JSON parser other than ours accepts.
LOADER_ONLY = {
    "the words come from the registry of policies, allocators and presets": [
        "allocator-choice", "allocator-size", "allocator-unknown", "costs-unknown", "mmu-unknown",
        "replacement-parameter", "replacement-parameter-of-another", "replacement-parameter-range",
        "replacement-scope", "replacement-unknown", "swap-device"],
    "a relation between two numbers": [
        "access-matrix-huge", "churn-live", "churn-sizes", "expect-range-order",
        "memory-small-pages", "mmu-levels-wide", "read-address-wraps",
        "tlb-huge-ways", "tlb-more-ways-than-entries", "tlb-plru", "tlb-sets", "tlb-ways", "zero-pool-order", "watermarks-order", "limits-rss-order",
        "copies-total", "process-name-default-twice", "process-name-twice"],
    "which groups and files the machine has": [
        "group-none", "group-unknown", "groups-twice", "file-none", "file-unknown", "files-twice"],
    "which ids and loop variables there are": [
        "id-index-huge", "id-no-loop", "id-nothing-defined", "id-other-indices", "id-too-many",
        "id-unknown", "id-unknown-loop", "repeat-same-variable", "spawn-other-ids"],
    "how deep repeats lie in each other": ["repeat-deep"],
    "the range of a number inside a string": [
        "costs-too-high", "memory-huge", "memory-overflow", "pages-beyond", "sbrk-huge",
        "seed-beyond-2-64", "start-far"],
    "a power of two": ["aligned-alloc-odd", "folio-sizes"],
    "control characters; the pattern would hide what is meant": ["note-control"],
    "to a schema 1.0 and 1e3 are integers": ["seed-exponent", "seed-fraction"],
    "needs the file system": ["trace-missing-file"],
}


def strip_comments(text):
    """Replace comments by spaces; strings stay."""
    token = r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/'
    return re.sub(token, lambda m: m[0] if m[0][0] == '"' else " ", text, flags=re.S)


def unique_keys(pairs):
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def refuse(value):
    raise ValueError(value)


def read_json(path):
    """Parse strictly; raises what says why not."""
    text = strip_comments(path.read_bytes().decode("utf-8-sig"))
    if re.search(r"[0-9]{61}", text):
        raise ValueError("an endless number")
    document = json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse)
    json.dumps(document, ensure_ascii=False).encode("utf-8")  # refuses half a surrogate pair
    if "\\u0000" in json.dumps(document):
        raise ValueError("a NUL character")
    return document


def complaint(validator, path):
    """Why the file is refused, or None."""
    try:
        error = next(validator.iter_errors(read_json(path)), None)
    except (ValueError, RecursionError, UnicodeDecodeError) as error:
        return str(error) or "refused"
    return error and error.message


def check_good(validator, paths):
    for path in sorted(paths):
        why = complaint(validator, path)
        if why:
            yield f"{path.name}: the schema refuses it: {why}"


def check_bad(validator, paths):
    reasons = {name: why for why, names in LOADER_ONLY.items() for name in names}
    for path in sorted(paths):
        why = complaint(validator, path)
        reason = reasons.pop(path.stem, None)
        if not why and not reason:
            yield f"{path.name}: the schema accepts it, the loader does not"
        if why and reason:
            yield f"{path.name}: is listed as the loader's alone, but the schema refuses it: {why}"
    for name in reasons:
        yield f"{name}: is listed, but there is no such file"


def schema_ops(schema):
    for alternative in schema["definitions"]["op"]["oneOf"]:
        yield alternative["properties"]["op"]["const"]


def check_lists(schema, source):
    def same(what, ours, theirs):
        ours, theirs = set(ours), set(theirs)
        if ours != theirs:
            yield f"{what}: only in the schema {ours - theirs}, only in C {theirs - ours}"

    op_header = (source / "workloads/op.h").read_text()
    yield from same("ops", schema_ops(schema), re.findall(r'OP\([A-Z_]+, "(\w+)"\)', op_header))
    costs = (source / "include/faultline/costs.def").read_text()
    prices = schema["definitions"]["machine"]["properties"]["costs"]["oneOf"][1]["properties"]
    yield from same("costs", set(prices) - {"preset"}, re.findall(r"^COST\((\w+)", costs, re.M))
    traces = (source / "workloads/trace/trace.c").read_text()
    formats = re.search(r"trace_formats\[\] = \{(.*?)NULL", traces, re.S)[1]
    trace = next(a for a in schema["definitions"]["op"]["oneOf"]
                 if a["properties"]["op"]["const"] == "trace")
    yield from same("trace formats", trace["properties"]["format"]["enum"],
                    re.findall(r'"(\w+)"', formats))


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "workloads/schema/workload.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    labs = list((source / "workloads/labs").rglob("*.json"))
    good = list((source / "tests/golden/good").glob("*.json"))
    bad = list((source / "tests/golden/bad").glob("*.json"))
    problems = [*check_good(validator, labs + good), *check_bad(validator, bad),
                *check_lists(schema, source)]
    for problem in problems:
        print(problem)
    print(f"{len(labs)} labs, {len(good)} good and {len(bad)} bad files, "
          f"{len(problems)} problems")
    return 1 if problems or not labs or not good or not bad else 0


if __name__ == "__main__":
    sys.exit(main())
