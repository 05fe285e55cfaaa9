#!/bin/sh
# try.sh - does a fresh Debian 12, with nothing but git and a shell, run the two commands?
#
#   tests/fresh/try.sh [FOLDER]
#
# As root, with network; not part of ctest.  FOLDER: where the fresh system is; if it does not
# exist, debootstrap makes one there (default: a temporary folder, removed at the end).  The
# committed state of this checkout is cloned into it, and in a chroot:
#   1. ./dev run workloads/labs/first-touch.json: installs, builds, and only the program's own
#      output on stdout;  2. the same again: quick, the same output;
#   3. ./dev test: every test passes;   4. an ordinary user without sudo can run it, too.
# FRESH_TREE=worktree takes the files as they lie in the checkout instead of a clone.
# FRESH_SUITE and FRESH_MIRROR name another release or mirror.  Ends with 0 if all is well.
set -eu

root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
suite=${FRESH_SUITE:-bookworm}
mirror=${FRESH_MIRROR:-http://deb.debian.org/debian}
fresh=${1:-}

[ "$(id -u)" -eq 0 ] || { echo "try.sh: needs root, for chroot and mount" >&2; exit 2; }
work=$(mktemp -d)
if [ -z "$fresh" ]; then
    fresh=$work/system
fi
fresh=$(readlink -f "$fresh")

finish() {
    status=$?
    for point in proc dev/pts dev; do
        ! mountpoint -q "$fresh/$point" || umount "$fresh/$point"
    done
    rm -rf --one-file-system "$work"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }
fail() { echo "try.sh: $*" >&2; exit 1; }
# inside USER COMMAND - in the fresh system, in the checkout, with the environment of a login.
inside() {
    chroot "$fresh" su -l -s /bin/sh "$1" -c "cd /home/student/faultline && $2" </dev/null
}

if [ ! -e "$fresh/bin/sh" ]; then
    say "making a fresh $suite in $fresh"
    debootstrap --variant=minbase --include=git "$suite" "$fresh" "$mirror" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; fail "debootstrap failed"; }
fi
cp -L /etc/resolv.conf "$fresh/etc/resolv.conf"
# The way to the mirrors is the host's: proxies are set there, if anywhere.
apt-config dump | grep -i '^Acquire::https\?::Proxy ' >"$fresh/etc/apt/apt.conf.d/99proxy" || true
for name in http_proxy https_proxy; do
    if value=$(printenv "$name"); then
        printf 'Acquire::%s::Proxy "%s";\n' "${name%_proxy}" "$value"
    fi
done >>"$fresh/etc/apt/apt.conf.d/99proxy"
mountpoint -q "$fresh/proc" || mount -t proc proc "$fresh/proc"
for point in dev dev/pts; do
    mountpoint -q "$fresh/$point" || mount --bind "/$point" "$fresh/$point"
done

say "the checkout, as user student gets it"
chroot "$fresh" id student >/dev/null 2>&1 || chroot "$fresh" useradd -m student
rm -rf --one-file-system "$fresh/home/student/faultline"
if [ "${FRESH_TREE:-}" = worktree ]; then
    mkdir -p "$fresh/home/student/faultline"
    (cd "$root" && git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -cT -) |
        tar -xC "$fresh/home/student/faultline"
else
    git clone --quiet --no-hardlinks "$root" "$fresh/home/student/faultline"
    git -C "$fresh/home/student/faultline" log --oneline -1
fi
echo "gcc before: $(chroot "$fresh" sh -c 'command -v gcc || echo none')"

lab=workloads/labs/first-touch.json
say "1. ./dev run $lab, nothing installed"
start=$(date +%s)
inside root "./dev run $lab" >"$work/first" || fail "the first run failed"
cat "$work/first"
echo "($(($(date +%s) - start)) s)"
[ -s "$work/first" ] || fail "the first run printed nothing"
! grep -E '^(dev:|Get:|Setting up|Unpacking|\[[0-9]+/|-- )' "$work/first" ||
    fail "something but faultline wrote to stdout"

say "2. the same again"
start=$(date +%s)
inside root "./dev run $lab" >"$work/second" 2>"$work/words" || fail "the second run failed"
echo "($(($(date +%s) - start)) s)"
cmp "$work/first" "$work/second" || fail "the second run printed something else"
[ ! -s "$work/words" ] || { cat "$work/words"; fail "the second run was not quiet"; }

say "3. ./dev test"
start=$(date +%s)
inside root "./dev test" >"$work/tests" 2>&1 || { tail -n 60 "$work/tests"; fail "tests failed"; }
tail -n 3 "$work/tests"
echo "($(($(date +%s) - start)) s)"

say "4. an ordinary user, without sudo, from another directory"
inside root "./dev clean && chown -R student ." || fail "clean failed"
inside student "cd / && /home/student/faultline/dev run /home/student/faultline/$lab" \
    >"$work/third" || fail "the student's run failed"
diff "$work/first" "$work/third" || echo "(differs only by the path of the workload, if at all)"

say "all is well"
