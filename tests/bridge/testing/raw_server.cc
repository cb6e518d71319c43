#include "tests/bridge/testing/raw_server.h"

#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge::testing {
namespace {

class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Reactor(const std::vector<std::string>& messages)
      : messages_(messages) {
    StartRead(&incoming_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok) {
      StartRead(&incoming_);
    } else {
      WriteNext();
    }
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      WriteNext();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

  void WriteNext() {
    if (next_ == messages_.size()) return Finish(grpc::Status::OK);
    const grpc::Slice slice(messages_[next_++]);
    outgoing_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&outgoing_);
  }

  const std::vector<std::string> messages_;
  size_t next_ = 0;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
};

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  Refusal() { Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "")); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace

RawServer::RawServer(std::vector<std::string> messages)
    : messages_(std::move(messages)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterCallbackGenericService(this);
  server_ = builder.BuildAndStart();
}

RawServer::~RawServer() { server_->Shutdown(std::chrono::system_clock::now()); }

std::string RawServer::target() const {
  return absl::StrCat("127.0.0.1:", port_);
}

std::shared_ptr<grpc::Channel> RawServer::InProcess() {
  return server_->InProcessChannel({});
}

grpc::ServerGenericBidiReactor* RawServer::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  // It has no health service, and is taken to serve.
  if (context->method().starts_with("/grpc.health.")) return new Refusal;
  return new Reactor(messages_);
}

}  // namespace bridge::testing
