#!/usr/bin/env python3
"""rooms.py - proves that no room of the house can reach into another (docs/architecture.md).

Idea: a wall is proven by running into it.  Each room's own compile command, as the build wrote
it into compile_commands.json, is given one-line files that include another room's header under
every name by which it could be found.  What is allowed must compile; the rest must not.  What
an include path cannot forbid (a path with "..", a system's library, a function that is
declared by hand) is looked for in the sources and in the symbols of the compiled rooms.

    rooms.py includes BUILD     run into every wall
    rooms.py headers BUILD      every header compiles alone, with its own room's flags
    rooms.py sources            no "..", no absolute path, no library where none belongs
    rooms.py symbols BUILD      no call past the walls, no mutable global variable, no clock

BUILD is a configured build folder; `symbols` needs it built.  Ends with 0 if all is well, else
with 1 and a line for each breach.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# room: (folders, rooms that it may see, library of the build)
ROOMS = {
    "include": (["include/faultline"], [], None),
    "workloads": (["workloads", "workloads/trace"], ["include"], "faultline_workloads"),
    "allocator": (["allocator", "allocator/gnu"], ["include"], "faultline_allocator"),
    "hardware": (["mmu/hardware"], ["include"], "faultline_hardware"),
    "policy": (["mmu/policy"], ["include"], "faultline_policy"),
    "kernel": (["mmu/kernel"], ["include", "hardware"], "faultline_kernel"),
    "sim": (
        ["sim", "sim/curve", "sim/output"],
        ["include", "workloads", "allocator", "hardware", "policy", "kernel"],
        "faultline_sim",
    ),
}
# Rooms that know the C library and nothing else.
PLAIN = ["include", "allocator", "hardware", "policy", "kernel"]
LIBRARIES = re.compile(r"^(glib|gio|gobject|gmodule|cjson|cJSON|zlib|zconf)\b")

# A function that would make a run depend on more than the workload and its seed, or that
# belongs to main.c alone.
UNWANTED = set(
    """time clock clock_gettime gettimeofday getenv rand random srand srandom rand_r drand48
    exit _exit fopen printf fprintf vfprintf puts putchar fputs perror
    __printf_chk __fprintf_chk __vfprintf_chk
    exp log log2 log10 pow sqrt sin cos tan floor ceil round fmod""".split()
)

# Variables that are written once and never again: what the sanitizer adds, the number of an
# error domain (GLib's macro keeps it in `q`), and the vocabulary of sim/registry.c.
MADE_ONCE = r"__odr_asan\..*|q\.\d+|(words|made|all)\.\d+"


def headers(room):
    """The header files of a room, as absolute paths, in a fixed order."""
    folders = ROOMS[room][0]
    return sorted(p for folder in folders for p in (ROOT / folder).glob("*.h"))


def names(header):
    """Every name by which an include could say a header: each tail of its path."""
    parts = header.relative_to(ROOT).parts
    return ["/".join(parts[i:]) for i in range(len(parts))]


def test_headers():
    return sorted((ROOT / "tests").rglob("*.h"))


def compile_command(build, room):
    """The words of the command that compiles this room's files, without input and output."""
    folder = ROOT / ROOMS[room if room != "include" else "hardware"][0][0]
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if Path(entry["file"]).parent == folder:
            words = shlex.split(entry["command"])
            break
    else:
        raise SystemExit(f"no file of {folder} in {build}/compile_commands.json")
    at = words.index("-o")
    words = words[:at] + words[at + 2 :]
    at = words.index("-c")
    words = words[:at] + words[at + 2 :]
    if room == "include":  # bedrock is only headers: it sees what everybody sees, itself
        own = f"-I{ROOT / 'include'}"
        words = [w for w in words if w == own or not w.startswith("-I")]
    return words


def compile_text(command, folder, text, *options):
    """Compile a text as if it were a file of the folder; the completed process."""
    return subprocess.run(
        [*command, *options, "-x", "c", "-"],
        cwd=folder, input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip


def reachable(command, folder, wanted):
    """Of the (name, header) pairs, those where including the name opens that very header.

    One preprocessor run asks which names exist at all; only for those (a system header may
    bear the same name) it is asked what they open.
    """
    asked = "".join(
        f'#if __has_include("{name}")\nFOUND {i}\n#endif\n' for i, (name, _) in enumerate(wanted)
    )
    answer = compile_text(command, folder, asked, "-E", "-P")
    if answer.returncode != 0:
        raise SystemExit(answer.stderr)
    found = []
    for i in map(int, re.findall(r"FOUND (\d+)", answer.stdout)):
        name, header = wanted[i]
        rule = compile_text(command, folder, f'#include "{name}"\n', "-M", "-MG").stdout
        opened = rule.replace("\\\n", " ").split()[2:]
        if any((folder / path).resolve() == header for path in opened):
            found.append((name, header))
    return found


def check_includes(build):
    """Every allowed include compiles, every forbidden one fails."""
    breaches, walls = [], 0
    for room, (folders, seen, _) in ROOMS.items():
        command = compile_command(build, room)
        forbidden = [other for other in ROOMS if other != room and other not in seen]
        for folder in (ROOT / f for f in folders):
            # First that an include can succeed at all, else failing would prove nothing.
            for other in [room, *seen]:
                if not any(
                    compile_text(command, folder, f'#include "{name}"\n', "-fsyntax-only")
                    .returncode == 0
                    for name in names(headers(other)[0])
                ):  # fmt: skip
                    breaches.append(f"{room} cannot include {headers(other)[0].name} of {other}")
            wanted = [(n, h) for other in forbidden for h in headers(other) for n in names(h)]
            wanted += [(n, h) for h in test_headers() for n in names(h)]
            walls += len(wanted)
            for name, header in reachable(command, folder, wanted):
                breaches.append(f'{room} can include "{name}" ({header.relative_to(ROOT)})')
            # And literally, once for each wall: the build of such a file fails.
            for other in forbidden:
                name = names(headers(other)[0])[-2]
                done = compile_text(command, folder, f'#include "{name}"\n', "-fsyntax-only")
                if done.returncode == 0 or "No such file" not in done.stderr:
                    breaches.append(f'{room}: a file with #include "{name}" compiles')
            if room in PLAIN:
                done = compile_text(command, folder, "#include <glib.h>\n", "-fsyntax-only")
                if done.returncode == 0:
                    breaches.append(f"{room} can include <glib.h>")
    print(f"{walls} forbidden names tried")
    return breaches


def check_headers(build):
    """A header brings all that it needs: it compiles alone, under its own room's flags."""
    breaches = []
    for room in ROOMS:
        command = compile_command(build, room)
        for header in headers(room):
            text = f'#include "{header.name}"\n#include "{header.name}"\n'
            done = compile_text(command, header.parent, text, "-fsyntax-only")
            if done.returncode != 0:
                breaches.append(f"{header.relative_to(ROOT)} alone:\n{done.stderr}")
    return breaches


def check_sources(_build):
    """What the include path cannot forbid, looked for in every line with an include."""
    breaches = []
    folders = {folder: room for room, (fs, _, _) in ROOMS.items() for folder in fs}
    folders["tests"] = "tests"
    for top in ["include", "workloads", "allocator", "mmu", "sim", "tests"]:
        for path in sorted((ROOT / top).rglob("*.[ch]")):
            where = path.relative_to(ROOT)
            room = folders.get("tests" if top == "tests" else str(where.parent))
            if room is None:
                breaches.append(f"{where}: in no room (tests/rooms/rooms.py lists their folders)")
            for number, line in enumerate(path.read_text().splitlines(), 1):
                include = re.match(r"\s*#\s*include\s*(.*)", line)
                if not include:
                    continue
                name = re.match(r'[<"]([^>"]+)[>"]', include[1])
                if not name:
                    breaches.append(f"{where}:{number}: an include must say its name: {line}")
                elif ".." in name[1].split("/") or name[1].startswith("/"):
                    breaches.append(f"{where}:{number}: a path around the walls: {line}")
                elif room in PLAIN and LIBRARIES.match(name[1]):
                    breaches.append(f"{where}:{number}: {room} is plain C: {line}")
                elif room == "kernel" and name[1].startswith("policy/"):
                    breaches.append(f"{where}:{number}: the kernel knows no policy: {line}")
                elif room != "tests" and name[1].endswith(".c"):
                    breaches.append(f"{where}:{number}: a source file included: {line}")
    return breaches


def symbols(build, library, option):
    """The names that `nm` lists for a room's library."""
    archive = build / f"lib{library}.a"
    if not archive.exists():
        raise SystemExit(f"{archive} is missing: build first")
    done = subprocess.run(
        ["nm", "--format=posix", option, archive], capture_output=True, text=True, check=True
    )
    return {line.split()[0] for line in done.stdout.splitlines() if len(line.split()) > 1}


def mutable_globals(build, library):
    """The variables of a room's library that live in writable memory."""
    done = subprocess.run(
        ["objdump", "--syms", build / f"lib{library}.a"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # value, flags (O: a variable), section, size, name; a thread's own variables have no flag
    variable = re.compile(
        r"^\S+ (?:.{6}O (?:\.data|\.bss)(?!\.rel\.ro)\S*|.{6}  \.t(?:data|bss)\S*)\s+\S+\s+([^.]\S*)$"
    )
    return sorted(m[1] for line in done.stdout.splitlines() if (m := variable.match(line)))


def check_symbols(build):
    """No room calls another past its headers; plain rooms ask no clock and print nothing."""
    breaches = []
    rooms = {room: library for room, (_, _, library) in ROOMS.items() if library}
    defined = {room: symbols(build, rooms[room], "--defined-only") for room in rooms}
    for room, library in rooms.items():
        called = symbols(build, library, "--undefined-only")
        for other in rooms:
            if other != room and other not in ROOMS[room][1]:
                for name in sorted((called & defined[other]) - defined[room]):
                    breaches.append(f"{room} uses {name} of {other}")
        if room in PLAIN:
            for name in sorted(called & UNWANTED):
                breaches.append(f"{room} calls {name}()")
        for name in mutable_globals(build, library):
            if not re.fullmatch(MADE_ONCE, name):
                breaches.append(f"{room} has a mutable global: {name}")
    return breaches


CHECKS = {
    "includes": check_includes,
    "headers": check_headers,
    "sources": check_sources,
    "symbols": check_symbols,
}


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in CHECKS:
        raise SystemExit(__doc__)
    build = Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None
    breaches = CHECKS[sys.argv[1]](build)
    print("\n".join(breaches) or "ok")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
