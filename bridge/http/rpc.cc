#include "bridge/http/rpc.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace bridge {

namespace net = boost::asio;

// Takes what gRPC's threads tell to the shard's thread, where everything else
// happens.
class Rpc::State : public AnswerCall::Handler,
                   public std::enable_shared_from_this<State> {
 public:
  explicit State(net::io_context& shard) : shard_(shard), change_(shard) {}

  // Waits for the next change of what is below. Nobody changes it while the
  // coroutine runs, for both are on the shard's thread.
  net::awaitable<void> Change() {
    change_.expires_at(net::steady_timer::time_point::max());
    co_await change_.async_wait(net::as_tuple(net::use_awaitable));
  }

  void Release() {
    if (call_ != nullptr) std::exchange(call_, nullptr)->Release();
  }

  AnswerCall* call_ = nullptr;  // null once released
  std::shared_ptr<grpc::ClientContext> context_;
  bool writing_ = false;
  bool refused_ = false;
  std::optional<grpc::Status> status_;
  grpc::ByteBuffer answer_;
  std::function<void()> on_refused_;

 private:
  template <typename Change>
  void OnShard(Change change) {
    net::post(shard_, [self = shared_from_this(), change = std::move(change)] {
      change(*self);
      self->change_.cancel();
    });
  }

  void OnWritten(bool ok) override {
    OnShard([ok](State& self) {
      self.writing_ = false;
      self.refused_ = self.refused_ || !ok;
    });
  }
  void OnRefused() override {
    OnShard([](State& self) {
      self.refused_ = true;
      if (self.on_refused_) self.on_refused_();
    });
  }
  void OnDone(const grpc::Status& status, grpc::ByteBuffer answer) override {
    OnShard([status, answer = std::move(answer)](State& self) {
      self.status_ = status;
      self.answer_ = answer;
    });
  }

  net::io_context& shard_;
  net::steady_timer change_;
};

Rpc::Rpc(net::io_context& shard, Caller* caller, const CallSpec& spec)
    : state_(std::make_shared<State>(shard)) {
  state_->call_ = caller->Start(spec, state_);
  state_->context_ = state_->call_->context();
}

Rpc::~Rpc() {
  state_->on_refused_ = nullptr;
  if (!state_->status_.has_value()) Cancel();
  state_->Release();
}

net::awaitable<bool> Rpc::Write(grpc::ByteBuffer message) {
  state_->writing_ = true;
  state_->call_->Write(std::move(message));
  while (state_->writing_) co_await state_->Change();
  co_return !state_->refused_;
}

net::awaitable<grpc::Status> Rpc::Finish() {
  state_->call_->WritesDone();
  state_->Release();
  while (!state_->status_.has_value()) co_await state_->Change();
  co_return *state_->status_;
}

grpc::ByteBuffer Rpc::TakeAnswer() {
  return std::exchange(state_->answer_, {});
}

bool Rpc::refused() const { return state_->refused_; }

void Rpc::OnRefused(std::function<void()> hook) {
  state_->on_refused_ = std::move(hook);
}

void Rpc::Cancel() { state_->context_->TryCancel(); }

}  // namespace bridge
