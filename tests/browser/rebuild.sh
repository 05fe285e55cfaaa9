#!/bin/sh
# rebuild.sh - the committed page is what its sources give, byte for byte, and they pass the
# type checker.
#
#   rebuild.sh SOURCE     77: npm packages are not installed (unless FAULTLINE_BROWSER=needed)
set -eu
viewer=$1/viewer
if ! command -v node >/dev/null || [ ! -d "$viewer/node_modules/esbuild" ]; then
    echo "skipped: node or its packages are not installed (npm ci in viewer)"
    [ "${FAULTLINE_BROWSER:-}" != needed ] || exit 1
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node "$viewer/build.mjs" "$work/report.html"
cmp "$work/report.html" "$viewer/dist/report.html"
node "$viewer/node_modules/typescript/bin/tsc" --noEmit -p "$viewer"
echo "the same"
