#!/bin/bash
# ./bazelw run //bazel:lint            Checks the style of all sources.
# ./bazelw run //bazel:lint -- --fix   Repairs what can be repaired: C++ and Starlark.
#
# TypeScript's type check is a test: ./bazelw test //web/... //tests/...
set -uo pipefail

# `bazel run` starts it in its runfiles.
readonly RUNFILES="$(dirname "$PWD")"
readonly NODE="$RUNFILES/npm/node"
readonly TOOLS="$RUNFILES/npm_test/node_modules"
cd "$BUILD_WORKSPACE_DIRECTORY"

sources() {
  find . \( -name .git -o -name node_modules -o -name 'bazel-*' \) -prune -o -type f "$@" -print
}

# Bazel 4 has the rules for C++ and shell built in; only later ones load them.
readonly NATIVE_RULES=-native-cc-binary,-native-cc-library,-native-cc-test,-native-sh-binary,-native-sh-test

lint_starlark() {
  local mode=(-mode=check -lint=warn)
  [[ ${1:-} != --fix ]] || mode=(-mode=fix -lint=fix)
  sources \( -name '*.bazel' -o -name '*.bzl' -o -name WORKSPACE \) |
    xargs "$NODE" "$TOOLS/@bazel/buildifier/buildifier.js" "${mode[@]}" -warnings=$NATIVE_RULES
}

lint_cpp() {
  local mode=(--dry-run -Werror)
  [[ ${1:-} != --fix ]] || mode=(-i)
  sources \( -name '*.cc' -o -name '*.h' \) | xargs --no-run-if-empty clang-format "${mode[@]}"
}

# buf wants one tree with everything that our protos import.
lint_protos() {
  local tree
  tree=$(mktemp -d)
  cp -rL proto/. "$RUNFILES/googleapis/google" "$tree"
  (cd "$tree" && "$NODE" "$TOOLS/@bufbuild/buf/bin/buf" lint)
  local result=$?
  rm -r "$tree"
  return $result
}

failed=0
for linter in lint_starlark lint_cpp lint_protos; do
  if "$linter" "$@"; then
    echo "$linter: ok"
  else
    echo "$linter: failed"
    failed=1
  fi
done
exit $failed
