"""Libraries and files of the system.

Libraries are found with pkg-config. Their headers lie in the compiler's own
include path, so a library here is no more than its flags.
"""

_PACKAGES = "`./bazelw` installs what is missing; bazel/packages lists it."

_TARGET = """
cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

def _pkg_config(repository_ctx, option, modules):
    """Returns the flags that pkg-config prints, each once."""
    result = repository_ctx.execute(["pkg-config", option] + modules)
    if result.return_code != 0:
        fail("@%s: %s%s" % (repository_ctx.name, result.stderr, _PACKAGES))

    # With shared libraries the order does not matter, and pkg-config repeats
    # some of them dozens of times. A dict keeps the first of each, in order.
    return {flag: None for flag in result.stdout.split(" ") if flag.strip()}.keys()

def _target(repository_ctx, name, modules, linkopts):
    defines = []
    libraries = []
    if modules:
        flags = _pkg_config(repository_ctx, "--cflags-only-other", modules)
        defines = [f.strip()[len("-D"):] for f in flags if f.startswith("-D")]
        libraries = [f.strip() for f in _pkg_config(repository_ctx, "--libs", modules)]
    return _TARGET.format(
        name = name,
        defines = repr(defines),
        linkopts = repr(libraries + linkopts),
    )

def _system_library_impl(repository_ctx):
    attr = repository_ctx.attr
    name = repository_ctx.name
    if attr.header and not repository_ctx.path("/usr/include/" + attr.header).exists:
        fail("@%s: no /usr/include/%s. %s" % (name, attr.header, _PACKAGES))

    targets = []
    if attr.modules or attr.header:
        targets.append(_target(repository_ctx, name, attr.modules, attr.linkopts))
    for target, modules in attr.targets.items():
        targets.append(_target(repository_ctx, target, modules.split(" "), attr.linkopts))
    for target, linkopts in attr.extra_targets.items():
        targets.append(_target(repository_ctx, target, attr.modules, linkopts.split(" ")))
    repository_ctx.file("BUILD.bazel", "".join(targets))

system_library = repository_rule(
    implementation = _system_library_impl,
    doc = "Makes @name, a cc_library with what `modules` need to compile and link.",
    attrs = {
        "extra_targets": attr.string_dict(
            doc = "More targets: `modules` and these linker options (separated by spaces), by name.",
        ),
        "header": attr.string(
            doc = "For a library without a .pc file: a header that proves it is there.",
        ),
        "linkopts": attr.string_list(doc = "Linker options besides pkg-config's."),
        "modules": attr.string_list(doc = "The pkg-config modules of @name."),
        "targets": attr.string_dict(
            doc = "Targets with modules of their own (separated by spaces), by name.",
        ),
    },
    # The system's state is an input that Bazel cannot see: look at each start.
    local = True,
    environ = ["PATH", "PKG_CONFIG_PATH"],
)

def _system_files_impl(repository_ctx):
    attr = repository_ctx.attr
    if not repository_ctx.path(attr.path).exists:
        fail("@%s: no %s. %s" % (repository_ctx.name, attr.path, _PACKAGES))
    for file in attr.files:
        repository_ctx.symlink(attr.path + "/" + file, file)
    repository_ctx.file("BUILD.bazel", "exports_files(%s)\n" % repr(attr.files))

system_files = repository_rule(
    implementation = _system_files_impl,
    doc = "Makes files of the system's labels of @name.",
    attrs = {
        "files": attr.string_list(doc = "Their paths below `path`."),
        "path": attr.string(doc = "The folder that they are in."),
    },
    local = True,
)
