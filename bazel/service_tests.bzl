"""The unit tests of a folder of //service."""

def service_tests(name, tests, data = {}):
    """Makes a cc_test for each file NAME_test.cc of this package, //tests/service/PACKAGE.

    Args:
      name: the suite of them all.
      tests: by NAME, what the test of //service/PACKAGE:NAME uses besides it.
      data: by NAME, what it reads or runs.
    """
    package = native.package_name()[len("tests/"):]
    for test, deps in tests.items():
        native.cc_test(
            name = test + "_test",
            size = "small",
            srcs = [test + "_test.cc"],
            data = data.get(test, []),
            deps = [
                "//%s:%s" % (package, test),
                "//tests/service:support",
                "@abseil",
                "@googletest//:gtest_main",
            ] + deps,
        )
    native.test_suite(
        name = name,
        tests = [":%s_test" % test for test in tests],
    )
