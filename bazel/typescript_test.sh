#!/bin/bash
# Checks types with the tsconfig.json that is the first argument.
#
# TypeScript finds packages only in a node_modules above the file that imports
# them, so this lays the sources out as a checkout after `npm ci` has them.
set -euo pipefail
mkdir "$TEST_TMPDIR/checkout"
for folder in deploy tests web; do
  [[ ! -d $folder ]] || cp -rL "$folder" "$TEST_TMPDIR/checkout"
done
cd "$TEST_TMPDIR/checkout"
mkdir -p tests web
ln -s "$TEST_SRCDIR/npm_test/node_modules" tests/
ln -s "$TEST_SRCDIR/npm/node_modules" web/
exec "$TEST_SRCDIR/npm/node" web/node_modules/typescript/bin/tsc --noEmit --project "$1"
