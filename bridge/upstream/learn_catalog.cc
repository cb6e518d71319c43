#include "bridge/upstream/learn_catalog.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bridge/reflection/v1/reflection.pb.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using reflection::v1::ServerReflectionRequest;
using reflection::v1::ServerReflectionResponse;

absl::StatusOr<ServerReflectionResponse> Answer(
    const Ask& ask, const ServerReflectionRequest& question) {
  auto answer = ask(ToByteBuffer(question.SerializeAsString()));
  if (!answer.ok()) return answer.status();
  ServerReflectionResponse response;
  grpc::ProtoBufferReader reader(&*answer);
  if (!reader.status().ok() || !response.ParseFromZeroCopyStream(&reader)) {
    return absl::InternalError("not a reflection answer");
  }
  return response;
}

// What can be asked for is text.
bool HasGoodNames(const FileDescriptorProto& file) {
  return IsValidUtf8(file.name()) &&
         std::all_of(
             file.dependency().begin(), file.dependency().end(),
             [](const std::string& import) { return IsValidUtf8(import); });
}

// Collects files until none that another imports is missing.
class FileCollector {
 public:
  explicit FileCollector(const Ask& ask) : ask_(ask) {}

  absl::Status AddService(const std::string& name) {
    ServerReflectionRequest question;
    question.set_file_containing_symbol(name);
    if (absl::Status status = Fetch(question); !status.ok()) return status;
    while (!wanted_.empty()) {
      const std::string file = *wanted_.begin();
      wanted_.erase(wanted_.begin());
      asked_.insert(file);
      question.set_file_by_filename(file);
      absl::Status status = Fetch(question);
      if (!status.ok() && !absl::IsNotFound(status)) return status;
      // A server may not hand out protobuf's own files: we have them.
      if (!files_.contains(file)) AddKnown(file);
    }
    return absl::OkStatus();
  }

  FileDescriptorSet Files() && {
    FileDescriptorSet set;
    for (auto& [name, file] : files_) *set.add_file() = std::move(file);
    return set;
  }

 private:
  absl::Status Fetch(const ServerReflectionRequest& question) {
    auto answer = Answer(ask_, question);
    if (!answer.ok()) return answer.status();
    if (answer->has_error_response()) {
      return absl::NotFoundError(answer->error_response().error_message());
    }
    for (const std::string& bytes :
         answer->file_descriptor_response().file_descriptor_proto()) {
      FileDescriptorProto file;
      if (!file.ParseFromString(bytes) || !HasGoodNames(file)) {
        return absl::InvalidArgumentError("not a file descriptor");
      }
      memory_ += file.SpaceUsedLong();
      Add(std::move(file));
      if (files_.size() + wanted_.size() > kMaxFiles ||
          memory_ > kMaxFileMemory) {
        return absl::ResourceExhaustedError(
            "the upstream's descriptors are more than the bridge holds");
      }
    }
    return absl::OkStatus();
  }

  void Add(FileDescriptorProto file) {
    for (const std::string& import : file.dependency()) {
      if (!files_.contains(import) && !asked_.contains(import)) {
        wanted_.insert(import);
      }
    }
    std::string name = file.name();
    wanted_.erase(name);
    files_.emplace(std::move(name), std::move(file));
  }

  void AddKnown(const std::string& name) {
    const auto* known =
        google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
            name);
    if (known == nullptr) return;
    FileDescriptorProto file;
    known->CopyTo(&file);
    Add(std::move(file));
  }

  const Ask& ask_;
  std::map<std::string, FileDescriptorProto> files_;
  std::set<std::string> wanted_;  // none of files_ or asked_
  std::set<std::string> asked_;
  size_t memory_ = 0;  // of all that were parsed
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> LearnCatalog(const Ask& ask) {
  ServerReflectionRequest question;
  question.set_list_services("*");
  auto answer = Answer(ask, question);
  if (!answer.ok()) return answer.status();
  std::vector<std::string> services;
  FileCollector files(ask);
  for (const auto& service : answer->list_services_response().service()) {
    // Reflection answers questions about itself to gRPC clients only.
    if (service.name().starts_with("grpc.reflection.")) continue;
    absl::Status status = files.AddService(service.name());
    // A server may list what it can't describe: gRPC's own health service is
    // such, in C++.
    if (absl::IsNotFound(status)) {
      spdlog::info("the upstream does not describe {}: left out",
                   service.name());
      continue;
    }
    if (!status.ok()) return status;
    services.push_back(service.name());
  }
  return Catalog::Make(std::move(files).Files(), services);
}

}  // namespace bridge
