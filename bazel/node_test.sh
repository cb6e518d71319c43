#!/bin/bash
# Runs the tests in a bundle that bazel/web.bzl made.
set -euo pipefail
export NODE_PATH="$TEST_SRCDIR/npm_test/node_modules:$TEST_SRCDIR/npm/node_modules"
# Node 18 has no global `crypto` otherwise, which browsers have.
exec "$TEST_SRCDIR/npm/node" --enable-source-maps --experimental-global-webcrypto --test "$PWD/$1"
