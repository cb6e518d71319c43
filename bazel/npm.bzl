"""npm packages, exactly those that a package-lock.json names."""

# node is wherever the user has it (Debian's, nodesource's, nvm's), and actions
# run with a PATH of their own: so it is a file of the repository like any other.
_BUILD = """
package(default_visibility = ["//visibility:public"])

exports_files(["node"])

filegroup(
    name = "node_modules",
    srcs = glob(
        ["node_modules/**"],
        exclude = ["**/* *", "**/*.md", "**/*.map"],
    ),
)
"""

def _tool(repository_ctx, name):
    path = repository_ctx.which(name)
    if not path:
        fail("@%s needs %s. `./bazelw` installs it." % (repository_ctx.name, name))
    return path

def _npm_ci_impl(repository_ctx):
    attr = repository_ctx.attr
    repository_ctx.symlink(attr.package_json, "package.json")
    repository_ctx.symlink(attr.package_lock_json, "package-lock.json")
    repository_ctx.symlink(_tool(repository_ctx, "node"), "node")

    # No package may run code of its own while it is installed; none that we
    # use needs to (playwright-core, too, then downloads no browser).
    result = repository_ctx.execute(
        [_tool(repository_ctx, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        timeout = 900,
    )
    if result.return_code != 0:
        fail("@%s: npm ci failed:\n%s%s" % (repository_ctx.name, result.stdout, result.stderr))

    for link, target in attr.links.items():
        repository_ctx.symlink("node_modules/" + target, link)
    repository_ctx.file("BUILD.bazel", attr.build)

npm_ci = repository_rule(
    implementation = _npm_ci_impl,
    doc = "Makes @name//:node_modules by `npm ci`, and @name//:node.",
    attrs = {
        "build": attr.string(default = _BUILD, doc = "The content of its BUILD file."),
        "links": attr.string_dict(doc = "Shorter paths: those below node_modules, by new path."),
        "package_json": attr.label(mandatory = True),
        "package_lock_json": attr.label(mandatory = True),
    },
    environ = ["PATH"],
)
