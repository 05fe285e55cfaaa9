#!/bin/sh
# test_dev.sh - what ./dev does, and does not do, on machines that this one is not.
#
# Idea: a copy of dev in a tree of its own, with a PATH on which dpkg-query, apt-get, sudo, id,
# cmake and ctest are stubs that only write down how they were called.  Nothing is installed.
#
#   test_dev.sh CHECKOUT
set -eu

checkout=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" "$work/bin" "$work/elsewhere"
cp "$checkout/dev" "$checkout/packages.txt" "$work/tree/"
for tool in sh cat chmod cp dirname env find flock grep mkdir nproc readlink rm sed tr; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done

stub() { # stub NAME BODY
    printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n%s\n' "$1" "$work" "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
stub id "echo 0"
stub dpkg-query "cat $work/installed"
# A build that leaves a program that shows its arguments and where it was started.
stub cmake "mkdir -p $work/tree/build/release
cat >$work/tree/build/release/faultline <<'PROGRAM'
#!/bin/sh
echo \"faultline \$* in \$PWD\"
exit 4
PROGRAM
chmod +x $work/tree/build/release/faultline
echo CMAKE_HOME_DIRECTORY:INTERNAL=$work/tree >$work/tree/build/release/CMakeCache.txt
: >$work/tree/build/release/build.ninja
echo noise of the build"
# What dpkg-query tells when all is there; apt-get makes it so.
sed -n '/^optional:/d; s/^\([a-z0-9.+-]\{1,\}\).*/installed \1/p' "$work/tree/packages.txt" >"$work/all"
cp "$work/all" "$work/installed"
stub apt-get "cp $work/all $work/installed"

failures=0
expect() { # expect WHAT CONDITION...
    what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}
called() { grep -q "^$1" "$work/calls"; }
not() { ! "$@"; }
said() { grep -qF -- "$1" "$work/err"; }
# dev ARGUMENTS - from another directory; stdout in out, stderr in err, exit code in $status.
dev() {
    : >"$work/calls"
    status=0
    (cd "$work/elsewhere" && PATH="$work/bin" "$work/tree/dev" "$@") \
        >"$work/out" 2>"$work/err" || status=$?
}

dev run lab.json --frames 3
expect "nothing missing: apt is not touched" not called apt-get
expect "the program's exit code is dev's" [ $status -eq 4 ]
expect "stdout has the program's words only, paths are the caller's" \
    [ "$(cat "$work/out")" = "faultline run lab.json --frames 3 in $work/elsewhere" ]
expect "configured once" called "cmake --preset release"

dev list policies
expect "a second time: not configured again" not called "cmake --preset"
expect "a second time: quiet" [ ! -s "$work/err" ]
expect "other verbs are passed on" grep -q "^faultline list policies" "$work/out"

echo "CMAKE_HOME_DIRECTORY:INTERNAL=/some/other/tree" >"$work/tree/build/release/CMakeCache.txt"
dev run x
expect "a build folder copied from another tree is made anew" called "cmake --preset release"

grep -v cjson "$work/all" >"$work/installed"
dev run x
expect "as root: apt-get update" called "apt-get -y .* update"
expect "as root: installs just what is missing" \
    called "apt-get -y .* install --no-install-recommends libcjson-dev *$"
expect "then runs" [ $status -eq 4 ]

: >"$work/installed"
stub id "echo 1000"
dev run x
expect "neither root nor sudo: stops" [ $status -eq 1 ]
expect "apt is not tried" not called apt-get
command=$(tr '\n' ' ' <"$work/all" | sed 's/installed //g; s/ $//')
expect "the exact command is shown" \
    said "apt-get update && apt-get install --no-install-recommends $command"
expect "stdout stays empty" [ ! -s "$work/out" ]

FAULTLINE_SKIP_PACKAGES=1 dev run x
expect "FAULTLINE_SKIP_PACKAGES: goes on with what is there" [ $status -eq 4 ]
expect "... asking nobody" not called "dpkg-query"

stub sudo '"$@"'
dev run x
expect "sudo, if not root" called "sudo env DEBIAN_FRONTEND=noninteractive apt-get"
expect "sudo: then runs" [ $status -eq 4 ]

: >"$work/installed"
stub apt-get "echo no network; exit 100"
dev run x
expect "apt fails: so does dev" [ $status -eq 1 ]
expect "apt fails: its words are shown" said "no network"

cp "$work/all" "$work/installed"
stub cmake "echo error: it does not compile; exit 1"
dev run x
expect "the build fails: so does dev" [ $status -eq 1 ]
expect "the build fails: the compiler's words are shown, on stderr" said "it does not compile"
expect "the build fails: nothing is run" [ ! -s "$work/out" ]

dev
expect "no verb: usage, exit 2" [ $status -eq 2 ]
expect "help needs no package" said "./dev VERB"
dev clean
expect "clean leaves no build" [ ! -e "$work/tree/build/release" ]

[ $failures -eq 0 ]
