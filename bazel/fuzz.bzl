"""Tests of what any bytes do, which clang turns into fuzzers."""

_FUZZING = "//bazel:fuzzing"
_ELSE = "//conditions:default"

def fuzz_test(name, deps, mutants):
    """Makes the cc_test NAME_fuzz_test out of NAME_fuzz.cc and the files in corpus/NAME/.

    By itself it tries each of those files, and some that are made out of them, the same ones at each run. With
    --config=fuzz it is libFuzzer, which starts from those files and looks for more.

    Args:
      name: what is fuzzed; NAME_fuzz.cc defines LLVMFuzzerTestOneInput.
      deps: what NAME_fuzz.cc uses, besides //tests/fuzz:require.
      mutants: how many more inputs it tries by itself: as many as take a second or two.
    """
    corpus = native.glob(["corpus/%s/*" % name])
    paths = ["%s/%s" % (native.package_name(), file) for file in corpus]
    native.cc_test(
        name = name + "_fuzz_test",
        size = "small",
        srcs = [name + "_fuzz.cc"],
        # Not as a folder: libFuzzer would put what it finds there.
        args = select({
            _FUZZING: ["-seed_inputs=" + ",".join(paths)],
            _ELSE: [str(mutants)] + paths,
        }),
        data = corpus,
        linkopts = select({
            _FUZZING: ["-fsanitize=fuzzer"],
            _ELSE: [],
        }),
        tags = ["fuzz"],
        deps = deps + ["//tests/fuzz:require"] + select({
            _FUZZING: [],
            _ELSE: ["//tests/fuzz:replay"],
        }),
    )
