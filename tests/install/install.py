#!/usr/bin/env python3
"""install.py - what `cmake --install` and cpack leave is complete, and works where it is put.

    install.py BUILD

Installs BUILD with DESTDIR into a folder of its own; then the program runs the labs from there, the
headers compile by what pkg-config says, bash completes, and the Debian package holds the same files.
Nothing outside the folder is touched.  What needs a tool that is not at hand (dpkg-deb, scdoc,
pkg-config, man) is left out, and said.

Ends with 0 if all is well, else with 1 and what is not.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = [
    "bin/faultline",
    "include/faultline/allocator.h",
    "include/faultline/plugin.h",
    "include/faultline/policy.h",
    "share/pkgconfig/faultline.pc",
    "share/bash-completion/completions/faultline",
    "share/faultline/workloads/labs/first-touch.json",
    "share/faultline/workloads/labs/01-belady-anomaly/README.md",
    "share/faultline/workloads/schema/workload.schema.json",
    "share/faultline/workloads/traces/classic.rep",
    "share/doc/faultline/copyright",
    "share/doc/faultline/docs/plugin-example.c",
    "share/doc/faultline/docs/workload-format.md",
]
PAGES = ["share/man/man1/faultline.1", "share/man/man5/faultline-workload.5"]
# What is on the line, and a word that must be among what Tab offers.
COMPLETIONS = [
    (["faultline", ""], "explain"),
    (["faultline", "ru"], "run"),
    (["faultline", "run", "--fr"], "--frames"),
    (["faultline", "run", "--policy", "=", "fi"], "fifo"),
    (["faultline", "compare", "--policy", "fifo,lr"], "fifo,lru"),
    (["faultline", "compare", "--allocator", "two"], "two-list"),
    (["faultline", "compare", "--policy", "2"], "2q"),
    (["faultline", "explain", "--only", "min"], "minor"),
    (["faultline", "run", "--format", "=", ""], "json"),
    (["faultline", "list", "co"], "costs"),
    (["faultline", "help", "o"], "ops"),
]


def out(command, **options):
    """Standard output of a command that must succeed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def has(tool):
    if shutil.which(tool) is None:
        print(f"left out: there is no {tool}")
        return False
    return True


def check_files(usr, wanted):
    return [f"there is no {name} in {usr}" for name in wanted if not (usr / name).is_file()]


def check_program(usr):
    labs = usr / "share/faultline/workloads/labs"
    workloads = sorted(labs.rglob("*.json"))
    out([usr / "bin/faultline", "check", *workloads])
    out([usr / "bin/faultline", "run", "-q", labs / "first-touch.json"])


def check_sdk(root):
    """The installed example compiles against the installed headers, and the program loads it."""
    usr = root / "usr"
    environment = {**os.environ, "PKG_CONFIG_PATH": str(usr / "share/pkgconfig")}
    flags = shlex.split(out(["pkg-config", "--cflags", "faultline"], env=environment))
    source, plugin = usr / "share/doc/faultline/docs/plugin-example.c", root / "example.so"
    out(["cc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *flags, "-o", plugin, source])
    lab = usr / "share/faultline/workloads/labs/swapping.json"
    out([usr / "bin/faultline", "run", "-q", lab, "--plugin", plugin, "--policy=oldest-clean"])


def check_completion(usr):
    for words, wanted in COMPLETIONS:
        script = (
            f"PATH={usr}/bin:$PATH\n. {usr}/share/bash-completion/completions/faultline\n"
            f"COMP_WORDS=({shlex.join(words)})\nCOMP_CWORD={len(words) - 1}\n"
            '_faultline faultline "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"\n'
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        offered = out(["bash", "-eu", "-c", script]).split()
        if wanted not in offered:
            yield f"completion of {' '.join(words)!r} offers {offered}, not {wanted}"


def check_pages(usr):
    for page in PAGES:
        warnings = subprocess.run(
            ["man", "--warnings", "-l", usr / page], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        ).stderr  # fmt: skip
        if warnings:
            yield f"{page}: {warnings}"


def check_package(build, folder, installed):
    out(["cpack", "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", folder], cwd=folder)
    (package,) = folder.glob("*.deb")
    held = {line.split()[-1] for line in out(["dpkg-deb", "-c", package]).splitlines()}
    yield from (f"the package lacks {name}" for name in installed if f"./usr/{name}" not in held)
    fields = out(["dpkg-deb", "-f", package])
    for wanted in ["Package: faultline\n", "Section: education\n", "libglib2.0-0", "libcjson1"]:
        if wanted not in fields:
            yield f"the package does not say {wanted}:\n{fields}"


def check(build, folder):
    root = folder / "root"
    out(["cmake", "--install", build, "--prefix", "/usr"], env={**os.environ, "DESTDIR": str(root)})
    usr = root / "usr"
    installed = FILES + [page for page in PAGES if (build / "packaging" / Path(page).name).exists()]
    yield from check_files(usr, installed)
    check_program(usr)
    if has("pkg-config"):
        check_sdk(root)
    yield from check_completion(usr)
    if len(installed) > len(FILES) and has("man"):
        yield from check_pages(usr)
    if has("dpkg-deb"):
        package = folder / "package"
        package.mkdir()
        yield from check_package(build, package, installed)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        wrong = list(check(Path(sys.argv[1]).resolve(), Path(folder)))
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
