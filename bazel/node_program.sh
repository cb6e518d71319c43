#!/bin/bash
# Runs a program in a bundle that bazel/web.bzl made.
set -euo pipefail
exec ../npm/node --enable-source-maps "$1" "${@:2}"
