#include "bridge/upstream/reflection.h"

#include <google/protobuf/descriptor_database.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "bridge/reflection/v1/reflection.pb.h"
#include "bridge/upstream/call.h"

namespace bridge {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using reflection::v1::ServerReflectionRequest;
using reflection::v1::ServerReflectionResponse;

// What one server may make us hold.
constexpr size_t kMaxFiles = 10'000;
constexpr size_t kMaxBytes = 64 << 20;

// A reflection stream, used by one thread that may block: a question, then its
// answer.
class Conversation {
 public:
  Conversation(Caller* caller, const std::string& method,
               absl::Duration timeout)
      : state_(std::make_shared<State>()),
        call_(caller->Start({method, {}, timeout}, state_)) {}

  ~Conversation() {
    if (call_ == nullptr) return;
    call_->Cancel();
    call_->Release();
  }

  absl::StatusOr<ServerReflectionResponse> Ask(
      const ServerReflectionRequest& question) {
    if (call_ == nullptr) return absl::UnavailableError("the call is over");
    call_->Write(ToByteBuffer(question.SerializeAsString()));
    call_->Read();
    std::optional<grpc::ByteBuffer> answer = state_->Await();
    if (!answer.has_value()) {
      std::exchange(call_, nullptr)->Release();
      grpc::Status status = state_->AwaitDone();
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          status.error_message());
    }
    ServerReflectionResponse response;
    grpc::ProtoBufferReader reader(&*answer);
    if (!response.ParseFromZeroCopyStream(&reader)) {
      return absl::InternalError("not a reflection answer");
    }
    return response;
  }

 private:
  // What gRPC's threads tell, for the thread that waits.
  class State : public Call::Handler {
   public:
    // The next answer, when it is there and the question is sent; nothing when
    // the call is over.
    std::optional<grpc::ByteBuffer> Await() {
      absl::MutexLock lock(&mutex_);
      auto answered = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return (answer_.has_value() || ended_) && written_;
      };
      mutex_.Await(absl::Condition(&answered));
      written_ = false;
      return std::exchange(answer_, std::nullopt);
    }

    grpc::Status AwaitDone() {
      absl::MutexLock lock(&mutex_);
      auto done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return status_.has_value();
      };
      mutex_.Await(absl::Condition(&done));
      return *status_;
    }

   private:
    bool OnMessage(grpc::ByteBuffer message) override {
      absl::MutexLock lock(&mutex_);
      answer_ = std::move(message);
      return false;
    }
    void OnMessagesEnd() override {
      absl::MutexLock lock(&mutex_);
      ended_ = true;
    }
    void OnWritten(bool /*ok*/) override {
      absl::MutexLock lock(&mutex_);
      written_ = true;
    }
    void OnDone(const grpc::Status& status) override {
      absl::MutexLock lock(&mutex_);
      status_ = status;
    }

    absl::Mutex mutex_;
    std::optional<grpc::ByteBuffer> answer_ ABSL_GUARDED_BY(mutex_);
    bool written_ ABSL_GUARDED_BY(mutex_) = false;
    bool ended_ ABSL_GUARDED_BY(mutex_) = false;
    std::optional<grpc::Status> status_ ABSL_GUARDED_BY(mutex_);
  };

  const std::shared_ptr<State> state_;
  Call* call_;  // null when it is over
};

// Collects files until none that another imports is missing.
class FileCollector {
 public:
  explicit FileCollector(Conversation* conversation)
      : conversation_(conversation) {}

  absl::Status AddService(const std::string& name) {
    ServerReflectionRequest question;
    question.set_file_containing_symbol(name);
    if (absl::Status status = Fetch(question); !status.ok()) return status;
    while (!wanted_.empty()) {
      std::string file = *wanted_.begin();
      wanted_.erase(wanted_.begin());
      if (files_.contains(file)) continue;
      question.set_file_by_filename(file);
      // A server may not hand out protobuf's own files: we have them.
      if (!Fetch(question).ok() || !files_.contains(file)) AddKnown(file);
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
    auto answer = conversation_->Ask(question);
    if (!answer.ok()) return answer.status();
    if (answer->has_error_response()) {
      return absl::NotFoundError(answer->error_response().error_message());
    }
    for (const std::string& bytes :
         answer->file_descriptor_response().file_descriptor_proto()) {
      FileDescriptorProto file;
      bytes_ += bytes.size();
      if (!file.ParseFromString(bytes)) {
        return absl::InvalidArgumentError("not a file descriptor");
      }
      if (files_.size() >= kMaxFiles || bytes_ > kMaxBytes) {
        return absl::ResourceExhaustedError(
            "the upstream's descriptors are more than the bridge holds");
      }
      Add(std::move(file));
    }
    return absl::OkStatus();
  }

  void Add(FileDescriptorProto file) {
    for (const std::string& import : file.dependency()) {
      if (!files_.contains(import)) wanted_.insert(import);
    }
    std::string name = file.name();
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

  Conversation* const conversation_;
  std::map<std::string, FileDescriptorProto> files_;
  std::set<std::string> wanted_;
  size_t bytes_ = 0;
};

absl::StatusOr<std::shared_ptr<const Catalog>> Learn(Caller* caller,
                                                     const std::string& version,
                                                     absl::Duration timeout) {
  Conversation conversation(
      caller,
      absl::StrCat("/grpc.reflection.", version,
                   ".ServerReflection/ServerReflectionInfo"),
      timeout);
  ServerReflectionRequest question;
  question.set_list_services("*");
  auto answer = conversation.Ask(question);
  if (!answer.ok()) return answer.status();
  std::vector<std::string> services;
  FileCollector files(&conversation);
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

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> LearnByReflection(
    Caller* caller, absl::Duration timeout) {
  auto catalog = Learn(caller, "v1", timeout);
  if (absl::IsUnimplemented(catalog.status())) {
    catalog = Learn(caller, "v1alpha", timeout);
  }
  return catalog;
}

absl::StatusOr<std::shared_ptr<const Catalog>> LearnFromFile(
    const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  FileDescriptorSet files;
  if (!file || !files.ParseFromIstream(&file) || files.file().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        ": can't be read as a FileDescriptorSet (make one with `protoc "
        "--include_imports --descriptor_set_out`)"));
  }
  auto catalog = Catalog::Make(std::move(files));
  if (catalog.ok()) return catalog;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", std::string(catalog.status().message())));
}

}  // namespace bridge
