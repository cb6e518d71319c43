#include "bridge/dialogue/talk.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace bridge {

std::shared_ptr<Talk> Talk::Start(boost::asio::io_context& shard, Stats* stats,
                                  Caller* caller, const CallSpec& spec,
                                  std::shared_ptr<const Catalog> catalog,
                                  const Method& method, Listener* listener) {
  std::shared_ptr<Talk> talk(
      new Talk(shard, stats, std::move(catalog), method, listener));
  if (method.descriptor->server_streaming()) {
    talk->call_ =
        caller->Start(spec, std::shared_ptr<Call::Handler>(talk, talk.get()));
    talk->call_->Read();
  } else {
    talk->answer_call_ = caller->Start(
        spec, std::shared_ptr<AnswerCall::Handler>(talk, talk.get()));
    talk->context_ = talk->answer_call_->context();
  }
  return talk;
}

void Talk::Write(const std::string& message) {
  if (call_ != nullptr) {
    call_->Write(ToByteBuffer(message));
  } else if (answer_call_ != nullptr) {
    answer_call_->Write(ToByteBuffer(message));
  } else {
    OnWritten(false);  // it is over
  }
}

void Talk::WritesDone() {
  if (call_ != nullptr) call_->WritesDone();
  if (answer_call_ == nullptr) return;
  answer_call_->WritesDone();
  Release();
}

void Talk::Read() {
  if (call_ != nullptr) call_->Read();
}

void Talk::Leave() {
  if (std::exchange(listener_, nullptr) == nullptr) return;
  if (call_ != nullptr) call_->Cancel();
  if (context_ != nullptr) context_->TryCancel();
  Release();
}

void Talk::Release() {
  if (call_ != nullptr) std::exchange(call_, nullptr)->Release();
  if (answer_call_ != nullptr) std::exchange(answer_call_, nullptr)->Release();
}

// ---- On gRPC's threads.

template <typename Work>
void Talk::OnShard(Work work) {
  boost::asio::post(shard_,
                    [self = shared_from_this(), work = std::move(work)] {
                      if (self->listener_ != nullptr) work(*self);
                    });
}

void Talk::OnWritten(bool ok) {
  OnShard([ok](Talk& self) {
    // It says why only to one who will not write any more.
    if (!ok && self.answer_call_ != nullptr) self.Release();
    self.listener_->OnWritten(ok);
  });
}

void Talk::OnRefused() { OnWritten(false); }

bool Talk::OnMessage(grpc::ByteBuffer message) {
  OnShard([frame = ToFrame(std::move(message))](Talk& self) {
    if (frame.ok()) return self.listener_->OnFrame(*frame);
    self.listener_->OnEnd(Ending::From(frame.status()));
  });
  return false;
}

absl::StatusOr<FramePtr> Talk::ToFrame(grpc::ByteBuffer message) const {
  auto json = catalog_->codec().ToJson(method_.output(), std::move(message));
  if (json.ok()) {
    return std::make_shared<const Frame>(*std::move(json), std::nullopt,
                                         JsonAsItIs());
  }
  stats_->upstream_faults.Report("malformed", method_.path, json.status());
  return json.status();
}

void Talk::OnMessagesEnd() {
  OnShard([](Talk& self) { self.Release(); });
}

void Talk::OnDone(const grpc::Status& status) {
  OnShard([ending = EndingOf(status)](Talk& self) {
    self.listener_->OnEnd(ending);
  });
}

void Talk::OnDone(const grpc::Status& status, grpc::ByteBuffer answer) {
  if (status.ok()) OnMessage(std::move(answer));
  OnDone(status);
}

Ending Talk::EndingOf(const grpc::Status& status) const {
  if (!IsTooLarge(status)) return Ending::From(status);
  const absl::Status fault = TooLarge(status);
  stats_->upstream_faults.Report("too_large", method_.path, fault);
  return Ending::From(fault);
}

}  // namespace bridge
