#include "tests/bridge/testing/contract_server.h"

#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/reflection/v1/reflection.pb.h"

namespace bridge::testing {
namespace {

using reflection::v1::ServerReflectionRequest;
using reflection::v1::ServerReflectionResponse;

grpc::ByteBuffer ToBytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  Refusal() {
    Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such method"));
  }
  void OnDone() override { delete this; }
};

}  // namespace

// Answers one question after the other.
class ContractServer::Reflection final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Reflection(const ContractServer& server) : server_(server) {
    StartRead(&question_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    answer_ = ToBytes(server_.Answer(question_));
    StartWrite(&answer_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&question_);
  }
  void OnDone() override { delete this; }

  const ContractServer& server_;
  grpc::ByteBuffer question_;
  grpc::ByteBuffer answer_;
};

// Sends its message when the request is there.
class ContractServer::Method final : public grpc::ServerGenericBidiReactor {
 public:
  Method(ContractServer* server, const std::string& message, bool streams)
      : server_(server), message_(ToBytes(message)), streams_(streams) {
    StartRead(&request_);
  }

  // Under the server's lock.
  void End(const grpc::Status& status) {
    if (!std::exchange(ended_, true)) Finish(status);
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok) return StartWrite(&message_);
    absl::MutexLock lock(&server_->mutex_);
    End(grpc::Status::CANCELLED);
  }
  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&server_->mutex_);
    if (!ok) return End(grpc::Status::CANCELLED);
    if (!streams_) return End(grpc::Status::OK);
    if (!cancelled_) server_->open_.insert(this);
  }
  void OnCancel() override {
    absl::MutexLock lock(&server_->mutex_);
    cancelled_ = true;
    if (server_->open_.erase(this) != 0) End(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    {
      absl::MutexLock lock(&server_->mutex_);
      server_->open_.erase(this);
    }
    delete this;
  }

  ContractServer* const server_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer message_;
  const bool streams_;
  bool ended_ = false;
  bool cancelled_ = false;
};

ContractServer::ContractServer(google::protobuf::FileDescriptorProto file,
                               std::map<std::string, std::string> messages,
                               int port)
    : file_(std::move(file)), messages_(std::move(messages)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterCallbackGenericService(this);
  server_ = builder.BuildAndStart();
}

ContractServer::~ContractServer() {
  {
    absl::MutexLock lock(&mutex_);
    for (Method* method : open_) {
      method->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
    }
    open_.clear();
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::string ContractServer::ServiceName() const {
  return absl::StrCat(file_.package(), ".", file_.service(0).name());
}

std::string ContractServer::Answer(const grpc::ByteBuffer& question) const {
  ServerReflectionRequest request;
  grpc::ByteBuffer bytes = question;
  grpc::ProtoBufferReader reader(&bytes);
  request.ParseFromZeroCopyStream(&reader);
  ServerReflectionResponse response;
  if (request.message_request_case() ==
      ServerReflectionRequest::kListServices) {
    response.mutable_list_services_response()->add_service()->set_name(
        ServiceName());
  } else {
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(
        file_.SerializeAsString());
  }
  return response.SerializeAsString();
}

grpc::ServerGenericBidiReactor* ContractServer::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  if (absl::StrContains(context->method(), "ServerReflection")) {
    return new Reflection(*this);
  }
  for (const auto& method : file_.service(0).method()) {
    if (context->method() ==
        absl::StrCat("/", ServiceName(), "/", method.name())) {
      return new Method(this, messages_.at(method.name()),
                        method.server_streaming());
    }
  }
  return new Refusal;
}

}  // namespace bridge::testing
