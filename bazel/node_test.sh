#!/bin/bash
# Runs the tests in a bundle that bazel/web.bzl made.
set -euo pipefail
export NODE_PATH="$TEST_SRCDIR/npm_test/node_modules:$TEST_SRCDIR/npm/node_modules"
exec "$TEST_SRCDIR/npm/node" --enable-source-maps --test "$PWD/$1"
