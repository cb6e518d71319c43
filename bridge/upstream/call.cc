#include "bridge/upstream/call.h"

#include "absl/time/clock.h"

namespace bridge {

Call::Call(Caller* caller, const Spec& spec, std::shared_ptr<Handler> handler)
    : caller_(caller), handler_(std::move(handler)) {
  for (const auto& [name, value] : spec.metadata) {
    context_.AddMetadata(name, value);
  }
  if (spec.timeout.has_value()) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + *spec.timeout));
  }
}

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
  handler_->OnDone(status);
  Caller* caller = caller_;
  delete this;
  caller->CallDone();
}

Call* Caller::Start(const Call::Spec& spec,
                    std::shared_ptr<Call::Handler> handler) {
  {
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  auto* call = new Call(this, spec, std::move(handler));
  stub_.PrepareBidiStreamingCall(&call->context_, spec.method,
                                 grpc::StubOptions(), call);
  call->AddHold();  // the owner's, until Release
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

void Caller::CallDone() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

}  // namespace bridge
