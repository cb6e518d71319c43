#include "bridge/upstream/call.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/rpc_method.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace bridge {

namespace {

// All metadata comes by here on its way to gRPC. Gives why the call must not
// begin, if so; then it is cancelled before it does.
grpc::Status Prepare(const CallSpec& spec, grpc::ClientContext* context) {
  const absl::Status carried = CheckMetadata(spec.metadata);
  if (!carried.ok()) {
    context->TryCancel();
    return {grpc::StatusCode::INVALID_ARGUMENT, std::string(carried.message())};
  }
  for (const auto& [name, value] : spec.metadata) {
    context->AddMetadata(name, value);
  }
  if (spec.timeout.has_value()) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + *spec.timeout));
  }
  return grpc::Status::OK;
}

// A status that the upstream itself sent, as gRPC describes it.
bool IsFromUpstream(const grpc::ClientContext& context) {
  return absl::StrContains(context.debug_error_string(),
                           "Error received from peer");
}

// What gRPC makes of a call whose connection broke since the other end broke
// HTTP/2. It calls that a status from there.
bool IsStreamRemoved(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNKNOWN &&
         status.error_message() == "Stream removed";
}

}  // namespace

bool IsTooLarge(const grpc::Status& status) {
  const std::string& message = status.error_message();
  return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
         absl::StrContains(message, "eceived message larger than max (") &&
         absl::StrContains(message, absl::StrCat(" vs. ", kMaxMessageBytes));
}

absl::Status TooLarge(const grpc::Status& status) {
  return absl::InternalError(
      absl::StrCat("the upstream sent a message which is too large: ",
                   status.error_message()));
}

Call::Call(Caller* caller, const CallSpec& spec,
           std::shared_ptr<Handler> handler)
    : caller_(caller),
      handler_(std::move(handler)),
      refused_(Prepare(spec, &context_)) {}

void Call::Write(grpc::ByteBuffer message) {
  outgoing_ = std::move(message);
  StartWrite(&outgoing_);
}

void Call::WriteLast(grpc::ByteBuffer message) {
  outgoing_ = std::move(message);
  StartWriteLast(&outgoing_, grpc::WriteOptions());
}

void Call::OnReadInitialMetadataDone(bool ok) {
  if (ok) handler_->OnAccepted();
}

void Call::OnReadDone(bool ok) {
  if (!ok) {
    handler_->OnMessagesEnd();
  } else if (handler_->OnMessage(std::exchange(incoming_, {}))) {
    StartRead(&incoming_);
  }
}

void Call::OnDone(const grpc::Status& status) {
  handler_->OnDone(caller_->WhatToTell(status, refused_, context_));
  Caller* caller = caller_;
  delete this;
  caller->CallDone();
}

AnswerCall::AnswerCall(Caller* caller, const CallSpec& spec,
                       std::shared_ptr<Handler> handler)
    : caller_(caller),
      handler_(std::move(handler)),
      method_(spec.method),
      context_(std::make_shared<grpc::ClientContext>()),
      refused_(Prepare(spec, context_.get())) {}

void AnswerCall::Write(grpc::ByteBuffer message) {
  outgoing_ = std::move(message);
  StartWrite(&outgoing_);
}

void AnswerCall::WriteLast(grpc::ByteBuffer message) {
  outgoing_ = std::move(message);
  StartWriteLast(&outgoing_, grpc::WriteOptions());
}

void AnswerCall::OnReadInitialMetadataDone(bool ok) {
  if (!ok) handler_->OnRefused();
}

void AnswerCall::OnDone(const grpc::Status& status) {
  handler_->OnDone(caller_->WhatToTell(status, refused_, *context_),
                   std::move(answer_));
  Caller* caller = caller_;
  delete this;
  caller->CallDone();
}

Caller::Caller(std::vector<std::shared_ptr<grpc::Channel>> channels, For whom)
    : whom_(whom), channels_(std::move(channels)) {}

Caller::Caller(std::shared_ptr<grpc::Channel> channel, For whom)
    : Caller(std::vector{std::move(channel)}, whom) {}

Call* Caller::Start(const CallSpec& spec,
                    std::shared_ptr<Call::Handler> handler) {
  CallBegins();
  auto* call = new Call(this, spec, std::move(handler));
  grpc::GenericStub stub(channels_.at(channels_.Pick()));
  stub.PrepareBidiStreamingCall(&call->context_, spec.method,
                                grpc::StubOptions(), call);
  call->AddHold();  // the owner's, until Release
  call->StartCall();
  return call;
}

AnswerCall* Caller::Start(const CallSpec& spec,
                          std::shared_ptr<AnswerCall::Handler> handler) {
  CallBegins();
  auto* call = new AnswerCall(this, spec, std::move(handler));
  // What generated stubs do; GenericStub has no such call.
  using grpc::internal::RpcMethod;
  grpc::internal::ClientCallbackWriterFactory<grpc::ByteBuffer>::Create(
      channels_.at(channels_.Pick()).get(),
      RpcMethod(call->method_.c_str(), nullptr, RpcMethod::CLIENT_STREAMING),
      call->context_.get(), &call->answer_, call);
  call->AddHold();
  call->StartCall();
  return call;
}

void Caller::AwaitIdle() const {
  absl::MutexLock lock(&mutex_);
  auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return running_ == 0;
  };
  mutex_.Await(absl::Condition(&idle));
}

grpc::Status Caller::WhatToTell(const grpc::Status& status,
                                const grpc::Status& refused,
                                const grpc::ClientContext& context) {
  if (!refused.ok()) return refused;
  if (!IsStreamRemoved(status) &&
      (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
       IsFromUpstream(context))) {
    return status;
  }
  if (whom_ == For::kBridge) {
    return {grpc::StatusCode::UNAVAILABLE, status.error_message()};
  }
  bool due;
  {
    absl::MutexLock lock(&mutex_);
    due = unreachable_.IsDue();
  }
  if (due) {
    spdlog::warn("{}: {}", kNoConnection, status.error_message());
  }
  return {grpc::StatusCode::UNAVAILABLE, kNoConnection};
}

void Caller::CallBegins() {
  absl::MutexLock lock(&mutex_);
  ++running_;
}

void Caller::CallDone() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

}  // namespace bridge
