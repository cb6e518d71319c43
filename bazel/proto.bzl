"""C++ code and descriptor sets from .proto files, made by the system's protoc."""

_ProtosInfo = provider(
    doc = "A library's .proto files and those that they import.",
    fields = {
        "files": "The files.",
        "roots": "The folders that import paths start from.",
    },
)

def _import_path(file, root):
    """The path by which other protos import `file`, a path below `root`."""
    name = file.owner.name
    return name[len(root) + 1:] if root else name

def _protoc_impl(ctx):
    headers = []
    sources = []
    paths = []
    own_roots = {}
    for file in ctx.files.srcs:
        path = _import_path(file, ctx.attr.root)
        paths.append(path)
        own_roots[file.path[:-len(path) - 1]] = None
        stem = path[:-len(".proto")]
        for suffix in [".pb", ".grpc.pb"] if ctx.attr.grpc else [".pb"]:
            headers.append(ctx.actions.declare_file(stem + suffix + ".h"))
            sources.append(ctx.actions.declare_file(stem + suffix + ".cc"))
    descriptors = ctx.actions.declare_file(ctx.label.name[:-len("_protoc")] + ".binpb")

    deps = [dep[_ProtosInfo] for dep in ctx.attr.deps]
    protos = _ProtosInfo(
        files = depset(ctx.files.srcs, transitive = [dep.files for dep in deps]),
        roots = depset(own_roots.keys(), transitive = [dep.roots for dep in deps]),
    )

    out = headers[0].path[:-len(paths[0][:-len(".proto")] + ".pb.h") - 1]
    args = ctx.actions.args()
    args.add_all(protos.roots, format_each = "-I%s")
    args.add(out, format = "--cpp_out=%s")
    if ctx.attr.grpc:
        args.add(out, format = "--grpc_out=%s")
    args.add(descriptors, format = "--descriptor_set_out=%s")
    args.add_all(["--include_imports", "--include_source_info"])
    args.add_all(paths)
    ctx.actions.run_shell(
        inputs = protos.files,
        outputs = headers + sources + [descriptors],
        command = 'exec protoc --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" "$@"',
        arguments = [args],
        mnemonic = "Protoc",
        progress_message = "Generating code from %{label}",
        use_default_shell_env = True,
    )
    return [
        protos,
        DefaultInfo(files = depset(sources)),
        OutputGroupInfo(descriptors = [descriptors], headers = headers),
    ]

_protoc = rule(
    implementation = _protoc_impl,
    attrs = {
        "deps": attr.label_list(providers = [_ProtosInfo]),
        "grpc": attr.bool(),
        "root": attr.string(),
        "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
    },
)

def proto_library(name, srcs, deps = [], grpc = False, root = "", visibility = None):
    """Makes from .proto files, whose import paths start at this package:

      name               a cc_library with the messages, and the services' stubs
      name_descriptors   a FileDescriptorSet with imports and comments

    Args:
      name: the cc_library's name.
      srcs: the .proto files.
      deps: the proto_libraries that they import.
      grpc: whether they declare services to make stubs for.
      root: the folder in their package where import paths start, if not the
        package itself.
      visibility: as everywhere.
    """
    _protoc(
        name = name + "_protoc",
        srcs = srcs,
        grpc = grpc,
        root = root,
        visibility = visibility,
        deps = [dep + "_protoc" for dep in deps],
    )
    native.filegroup(
        name = name + "_headers",
        srcs = [name + "_protoc"],
        output_group = "headers",
        visibility = ["//visibility:private"],
    )
    native.filegroup(
        name = name + "_descriptors",
        srcs = [name + "_protoc"],
        output_group = "descriptors",
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = [name + "_protoc"],
        hdrs = [name + "_headers"],
        includes = ["."],
        visibility = visibility,
        # Reflection answers from descriptors that no code may name.
        alwayslink = True,
        deps = deps + ["@protobuf"] + (["@grpc"] if grpc else []),
    )
