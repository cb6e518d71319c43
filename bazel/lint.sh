#!/bin/bash
# ./bazelw run //bazel:lint                Checks the style of all sources.
# ./bazelw run //bazel:lint -- cpp         Of one kind: cpp, protos or starlark.
# ./bazelw run //bazel:lint -- --fix       Repairs what can be repaired: C++, Starlark.
#
# TypeScript's type check is a test among the others.
set -uo pipefail

# `bazel run` starts it in its runfiles.
readonly RUNFILES="$(dirname "$PWD")"
readonly NODE="$RUNFILES/npm/node"
readonly TOOLS="$RUNFILES/npm_test/node_modules"
cd "$BUILD_WORKSPACE_DIRECTORY"

# Bazel 4 has the rules for C++ and shell built in; only later ones load them.
readonly NATIVE_RULES=-native-cc-binary,-native-cc-library,-native-cc-test,-native-sh-binary,-native-sh-test

sources() {
  find . \( -name .git -o -name node_modules -o -name 'bazel-*' \) -prune -o -type f "$@" -print
}

lint_starlark() {
  local mode=(-mode=check -lint=warn)
  [[ -z $fix ]] || mode=(-mode=fix -lint=fix)
  sources \( -name '*.bazel' -o -name '*.bzl' -o -name WORKSPACE \) |
    xargs "$NODE" "$TOOLS/@bazel/buildifier/buildifier.js" "${mode[@]}" -warnings=$NATIVE_RULES
}

lint_cpp() {
  local mode=(--dry-run -Werror)
  [[ -z $fix ]] || mode=(-i)
  sources \( -name '*.cc' -o -name '*.h' \) | xargs clang-format "${mode[@]}"
}

# buf wants one tree with everything that our protos import.
lint_protos() {
  local tree status
  tree=$(mktemp -d)
  cp -rL proto/. "$RUNFILES/googleapis/google" "$tree"
  (cd "$tree" && "$NODE" "$TOOLS/@bufbuild/buf/bin/buf" lint)
  status=$?
  rm -r "$tree"
  return $status
}

fix=
[[ ${1:-} != --fix ]] || { fix=1 && shift; }
(($# > 0)) || set -- cpp protos starlark

failed=0
for kind; do
  if "lint_$kind"; then
    echo "lint $kind: ok"
  else
    echo "lint $kind: failed" >&2
    failed=1
  fi
done
exit $failed
