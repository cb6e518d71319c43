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
class Rpc::State : public Call::Handler,
                   public std::enable_shared_from_this<State> {
 public:
  explicit State(net::io_context& shard) : shard_(shard), change_(shard) {}

  void Start(Caller* caller, const Call::Spec& spec) {
    call_ = caller->Start(spec, shared_from_this());
    call_->Read();
  }

  // Waits for the next change of what is below. Nobody changes it while the
  // coroutine runs, for both are on the shard's thread.
  net::awaitable<void> Change() {
    change_.expires_at(net::steady_timer::time_point::max());
    co_await change_.async_wait(net::as_tuple(net::use_awaitable));
  }

  void Release() {
    if (call_ != nullptr) std::exchange(call_, nullptr)->Release();
  }

  Call* call_ = nullptr;  // null once the upstream has ended it
  bool writing_ = false;
  std::optional<grpc::Status> status_;
  grpc::ByteBuffer answer_;
  std::function<void()> on_over_;

 private:
  template <typename Change>
  void OnShard(Change change) {
    net::post(shard_, [self = shared_from_this(),
                       change = std::move(change)]() mutable {
      change(*self);
      self->change_.cancel();
    });
  }

  bool OnMessage(grpc::ByteBuffer message) override {
    OnShard([message = std::move(message)](State& self) {
      self.answer_ = message;
    });
    return true;
  }
  void OnMessagesEnd() override {
    OnShard([](State& self) {
      self.Release();
      if (self.on_over_) std::exchange(self.on_over_, nullptr)();
    });
  }
  void OnWritten(bool /*ok*/) override {
    OnShard([](State& self) { self.writing_ = false; });
  }
  void OnDone(const grpc::Status& status) override {
    OnShard([status](State& self) { self.status_ = status; });
  }

  net::io_context& shard_;
  net::steady_timer change_;
};

Rpc::Rpc(net::io_context& shard, Caller* caller, const Call::Spec& spec)
    : state_(std::make_shared<State>(shard)) {
  state_->Start(caller, spec);
}

Rpc::~Rpc() {
  state_->on_over_ = nullptr;
  Cancel();
  state_->Release();
}

net::awaitable<bool> Rpc::Write(grpc::ByteBuffer message) {
  if (state_->call_ == nullptr) co_return false;
  state_->writing_ = true;
  state_->call_->Write(std::move(message));
  while (state_->writing_ && state_->call_ != nullptr) {
    co_await state_->Change();
  }
  co_return state_->call_ != nullptr;
}

net::awaitable<grpc::Status> Rpc::Finish() {
  if (state_->call_ != nullptr) state_->call_->WritesDone();
  while (!state_->status_.has_value()) co_await state_->Change();
  co_return *state_->status_;
}

grpc::ByteBuffer Rpc::TakeAnswer() {
  return std::exchange(state_->answer_, {});
}

bool Rpc::over() const { return state_->call_ == nullptr; }

void Rpc::OnOver(std::function<void()> hook) {
  state_->on_over_ = std::move(hook);
}

void Rpc::Cancel() {
  if (state_->call_ != nullptr) state_->call_->Cancel();
}

}  // namespace bridge
