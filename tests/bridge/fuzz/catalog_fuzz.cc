// Whatever files an upstream has: they are refused, or every method is at its
// own path and no bytes that are said to be a message of theirs do harm.
//
// The input is a FileDescriptorSet in protobuf's text format, and behind a line
// "---" the bytes of a message.

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/reflection/v1/reflection.pb.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/learn_catalog.h"
#include "bridge/upstream/position.h"
#include "tests/bridge/fuzz/learned.h"
#include "tests/bridge/fuzz/told.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

using fuzz::Require;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using reflection::v1::ServerReflectionRequest;
using reflection::v1::ServerReflectionResponse;

constexpr std::string_view kEnd = "---\n";

class Silent : public google::protobuf::io::ErrorCollector {
  void AddError(int, int, const std::string&) override {}
};

bool Parse(std::string_view text, FileDescriptorSet* files) {
  Silent silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  parser.SetRecursionLimit(100);
  return parser.ParseFromString(std::string(text), files);
}

// Puts those that are imported, and that every program has, in.
void AddKnown(FileDescriptorSet* files) {
  for (int i = 0; i < files->file_size(); ++i) {
    for (const std::string& name : files->file(i).dependency()) {
      const auto* known =
          google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
              name);
      const bool is_there = std::any_of(
          files->file().begin(), files->file().end(),
          [&](const FileDescriptorProto& file) { return file.name() == name; });
      if (known != nullptr && !is_there) known->CopyTo(files->add_file());
    }
  }
}

void CheckMessages(const Catalog& catalog, const Method& method,
                   std::string_view bytes) {
  grpc::ByteBuffer message = ToByteBuffer(bytes);
  if (method.position.resumable()) {
    (void)CursorOf(method.position, &message);
  }
  (void)TakeApart(method.position, std::string(bytes));
  const auto json = catalog.codec().ToJson(method.output(), message);
  if (!json.ok()) return CheckRefusal(json.status());
  CheckJson(*json);
  (void)catalog.codec().FromJson(method.output(), *json);
}

void CheckCatalog(const Catalog& catalog, std::string_view message) {
  CheckPaths(catalog);
  for (const Method& method : catalog.methods()) {
    CheckMessages(catalog, method, message);
  }
  for (const std::string& warning : catalog.warnings()) {
    Require(warning.starts_with("/"), "a warning names the method");
  }
}

// A server of those files.
ServerReflectionResponse Answer(const FileDescriptorSet& files,
                                const ServerReflectionRequest& question) {
  ServerReflectionResponse answer;
  for (const FileDescriptorProto& file : files.file()) {
    const std::string prefix =
        file.package() + (file.package().empty() ? "" : ".");
    bool wanted = file.name() == question.file_by_filename() &&
                  question.has_file_by_filename();
    for (const auto& service : file.service()) {
      const std::string name = prefix + service.name();
      if (question.has_list_services()) {
        answer.mutable_list_services_response()->add_service()->set_name(name);
      }
      wanted = wanted || question.file_containing_symbol() == name;
    }
    if (!wanted || question.has_list_services()) continue;
    answer.mutable_file_descriptor_response()->add_file_descriptor_proto(
        file.SerializeAsString());
  }
  return answer;
}

absl::StatusOr<std::shared_ptr<const Catalog>> LearnFrom(
    const FileDescriptorSet& files) {
  return LearnCatalog([&](grpc::ByteBuffer bytes) {
    ServerReflectionRequest question;
    grpc::ProtoBufferReader reader(&bytes);
    Require(question.ParseFromZeroCopyStream(&reader), "it is a question");
    return ToByteBuffer(Answer(files, question).SerializeAsString());
  });
}

void Fuzz(std::string_view input) {
  const size_t end = std::min(input.find(kEnd), input.size());
  const std::string_view message =
      input.substr(std::min(input.size(), end + kEnd.size()));
  FileDescriptorSet files;
  if (!Parse(input.substr(0, end), &files)) return;
  AddKnown(&files);
  const auto catalog = Catalog::Make(files);
  const auto learned = LearnFrom(files);
  if (learned.ok()) CheckCatalog(**learned, message);
  if (!catalog.ok()) return CheckRefusal(catalog.status());
  CheckCatalog(**catalog, message);
  std::reverse(files.mutable_file()->begin(), files.mutable_file()->end());
  const auto same = Catalog::Make(files);
  Require(
      !same.ok() || (*same)->methods().size() == (*catalog)->methods().size(),
      "the order of files does not matter");
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bridge::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
