#include "bridge/upstream/reflection.h"

#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/byte_buffer.h>

#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/learn_catalog.h"

namespace bridge {
namespace {

using google::protobuf::FileDescriptorSet;

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

  absl::StatusOr<grpc::ByteBuffer> Ask(grpc::ByteBuffer question) {
    if (call_ == nullptr) return absl::UnavailableError("the call is over");
    call_->Write(std::move(question));
    call_->Read();
    std::optional<grpc::ByteBuffer> answer = state_->Await();
    if (answer.has_value()) return *std::move(answer);
    std::exchange(call_, nullptr)->Release();
    grpc::Status status = state_->AwaitDone();
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
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

absl::StatusOr<std::shared_ptr<const Catalog>> Learn(Caller* caller,
                                                     const std::string& version,
                                                     absl::Duration timeout) {
  Conversation conversation(
      caller,
      absl::StrCat("/grpc.reflection.", version,
                   ".ServerReflection/ServerReflectionInfo"),
      timeout);
  return LearnCatalog([&conversation](grpc::ByteBuffer question) {
    return conversation.Ask(std::move(question));
  });
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
