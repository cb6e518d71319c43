"""Empty stand-ins for the repositories that Bazel wants even for a plain cc_test.

Bazel 4 has all of these rules built in; the repositories that it would download
only hand them on. With these stand-ins a build downloads nothing from them.
"""

_STUBS = {
    "remote_coverage_tools": {
        "BUILD": """
filegroup(name = "coverage_report_generator", visibility = ["//visibility:public"])
filegroup(name = "lcov_merger", visibility = ["//visibility:public"])
""",
    },
    "rules_cc": {
        "cc": [
            "cc_binary",
            "cc_import",
            "cc_library",
            "cc_proto_library",
            "cc_test",
            "cc_toolchain",
            "cc_toolchain_suite",
            "fdo_prefetch_hints",
            "fdo_profile",
            "objc_library",
        ],
    },
    "rules_java": {
        "java": [
            "java_binary",
            "java_import",
            "java_library",
            "java_package_configuration",
            "java_plugin",
            "java_runtime",
            "java_test",
            "java_toolchain",
        ],
    },
}

def _stub_impl(repository_ctx):
    for path, content in repository_ctx.attr.files.items():
        repository_ctx.file(path, content)

_stub = repository_rule(
    implementation = _stub_impl,
    attrs = {"files": attr.string_dict(doc = "Content by path.")},
)

def bazel_stubs():
    """Declares the stand-ins."""
    for name, content in _STUBS.items():
        files = {}
        for key, value in content.items():
            if type(value) == "string":
                files[key] = value
            else:
                files[key + "/BUILD"] = ""
                files[key + "/defs.bzl"] = "\n".join(
                    ["%s = native.%s" % (rule, rule) for rule in value],
                )
        _stub(name = name, files = files)
