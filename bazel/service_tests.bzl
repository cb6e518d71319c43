"""The unit tests of a folder of //service."""

def service_tests(tests, data = {}):
    """Makes a cc_test for each file NAME_test.cc of this package, //tests/service/PACKAGE.

    Args:
      tests: by NAME, what the test of //service/PACKAGE:NAME uses besides it.
      data: by NAME, what it reads or runs.
    """
    package = native.package_name()[len("tests/"):]
    for name, deps in tests.items():
        native.cc_test(
            name = name + "_test",
            size = "small",
            srcs = [name + "_test.cc"],
            data = data.get(name, []),
            deps = [
                "//%s:%s" % (package, name),
                "//tests/service:support",
                "@abseil",
                "@googletest//:gtest_main",
            ] + deps,
        )
