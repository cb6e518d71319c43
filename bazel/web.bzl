"""TypeScript: bundles for the browser, tests for node, the type check."""

_ESBUILD = " ".join([
    # esbuild looks for bare imports ("uplot") here; sources are symlinks into
    # the tree, and following them would leave the sandbox.
    "NODE_PATH=$$PWD/external/npm/node_modules",
    "$(execpath @npm//:node) external/npm/node_modules/esbuild/bin/esbuild",
    "--bundle --preserve-symlinks --log-level=warning --outfile=$@",
])

_TOOLS = ["@npm//:node", "@npm//:node_modules"]

def _esbuild(name, entry, srcs, out, options):
    native.genrule(
        name = name,
        srcs = depset(srcs + [entry]).to_list(),
        outs = [out],
        cmd = "%s %s $(execpath %s)" % (_ESBUILD, " ".join(options), entry),
        tools = _TOOLS,
    )

def esbuild_bundle(name, entry, srcs, out, format = "iife", options = []):
    """Bundles a page's script or style sheet, or a module, into one small file.

    Args:
      name: the target that makes `out`.
      entry: the .ts or .css file that imports the rest.
      srcs: all files that it may import, and tsconfig.json.
      out: the file to make.
      format: "iife" for a script, "esm" for a module.
      options: more options for esbuild.
    """
    options = ["--minify", "--target=es2022", "--format=" + format, "--legal-comments=inline"] + options
    _esbuild(name, entry, srcs, out, options)

def typescript_declarations(name, srcs, tsconfig, tsconfigs, out):
    """Makes the .d.ts files of a module's sources, for those who import it.

    Args:
      name: the target that makes them.
      srcs: the .ts files, all in one folder.
      tsconfig: the tsconfig.json that names them.
      tsconfigs: those that it extends.
      out: the folder to make them in.
    """
    native.genrule(
        name = name,
        srcs = srcs + [tsconfig] + tsconfigs,
        outs = [out + "/" + src.split("/")[-1][:-len(".ts")] + ".d.ts" for src in srcs],
        cmd = " ".join([
            "$(execpath @npm//:node) external/npm/node_modules/typescript/bin/tsc --project $(execpath %s)" % tsconfig,
            "--noEmit false --declaration --emitDeclarationOnly --preserveSymlinks",
            "--outDir $(RULEDIR)/%s" % out,
        ]),
        tools = _TOOLS,
    )

def node_program(name, entry, srcs = [], data = [], **kwargs):
    """A TypeScript program that node runs, without packages.

    The working directory is the root of the runfiles, as with node_test.

    Args:
      name: the program.
      entry: its first file.
      srcs: all files that it may import.
      data: what it reads or starts.
      **kwargs: as for sh_binary.
    """
    bundle = name + ".bundle.cjs"
    _esbuild(name + "_bundle", entry, srcs, bundle, ["--platform=node", "--format=cjs", "--sourcemap=inline"])
    native.sh_binary(
        name = name,
        srcs = ["//bazel:node_program.sh"],
        args = ["$(rootpath %s)" % bundle],
        data = data + ["@npm//:node", bundle],
        **kwargs
    )

def node_test(name, entry, srcs = [], data = [], **kwargs):
    """Runs a TypeScript file of node:test tests.

    Imports by relative path are bundled; those of packages (ws, uplot, ...) are
    required from @npm_test and @npm as the test runs. The working directory
    is the root of the runfiles, so `data` lies at its path in the workspace.

    Args:
      name: the test.
      entry: the .test.ts file.
      srcs: all files that it may import.
      data: what the test reads or starts.
      **kwargs: as for sh_test (size, tags, env, ...).
    """
    bundle = name + ".bundle.cjs"
    options = ["--platform=node", "--format=cjs", "--packages=external", "--sourcemap=inline"]
    _esbuild(name + "_bundle", entry, srcs, bundle, options)
    native.sh_test(
        name = name,
        srcs = ["//bazel:node_test.sh"],
        args = ["$(rootpath %s)" % bundle],
        data = data + _TOOLS + [bundle, "@npm_test//:node_modules"],
        **kwargs
    )

def typescript_test(name, tsconfig, srcs, **kwargs):
    """Checks the types of TypeScript files.

    Args:
      name: the test.
      tsconfig: the tsconfig.json that says which files, and how strictly.
      srcs: the files.
      **kwargs: as for sh_test.
    """
    native.sh_test(
        name = name,
        srcs = ["//bazel:typescript_test.sh"],
        args = ["$(rootpath %s)" % tsconfig],
        data = depset(srcs + [tsconfig]).to_list() + _TOOLS + ["@npm_test//:node_modules"],
        **kwargs
    )
