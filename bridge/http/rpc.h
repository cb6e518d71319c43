// A unary or client-streaming call, made from a coroutine.

#ifndef BRIDGE_HTTP_RPC_H_
#define BRIDGE_HTTP_RPC_H_

#include <grpcpp/support/byte_buffer.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "bridge/upstream/call.h"

namespace bridge {

// The caller's end of a call that gives one answer. Belongs to one coroutine,
// and is used on its shard's thread alone. Destroying it cancels the call.
class Rpc {
 public:
  Rpc(boost::asio::io_context& shard, Caller* caller, const CallSpec& spec);
  ~Rpc();

  Rpc(const Rpc&) = delete;
  Rpc& operator=(const Rpc&) = delete;

  // Sends a message, and waits until the upstream can take the next. False if
  // the call is over: then Finish says why.
  boost::asio::awaitable<bool> Write(grpc::ByteBuffer message);

  // Says that there are no more messages, and waits for the end of the call.
  boost::asio::awaitable<grpc::Status> Finish();

  // The answer. REQUIRES: Finish has given OK.
  grpc::ByteBuffer TakeAnswer();

  // True if the upstream is known to have refused the call.
  bool refused() const;

  // Calls `hook` when it is.
  void OnRefused(std::function<void()> hook);

  // Ends the call early, while Write or Finish may wait: Finish then gives
  // CANCELLED.
  void Cancel();

 private:
  class State;

  const std::shared_ptr<State> state_;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_RPC_H_
