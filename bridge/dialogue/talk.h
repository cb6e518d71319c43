// A call to which its client streams, seen from a shard.

#ifndef BRIDGE_DIALOGUE_TALK_H_
#define BRIDGE_DIALOGUE_TALK_H_

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "bridge/endings.h"
#include "bridge/feed/frame.h"
#include "bridge/stats.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"

namespace bridge {

// Takes what gRPC's threads tell to the shard's thread. One message goes each
// way at a time. Whether the method gives one answer or streams them makes no
// difference to who listens.
//
// Created, used and left on the shard's thread; lives until the call is done.
class Talk : private Call::Handler,
             private AnswerCall::Handler,
             public std::enable_shared_from_this<Talk> {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // The upstream has taken the message. Not `ok`: it takes no more, and an
    // end will follow.
    virtual void OnWritten(bool ok) = 0;
    // The next message, as JSON.
    virtual void OnFrame(FramePtr frame) = 0;
    // Nothing follows.
    virtual void OnEnd(const Ending& ending) = 0;
  };

  // `method` is of `catalog`, which it keeps.
  static std::shared_ptr<Talk> Start(boost::asio::io_context& shard,
                                     Stats* stats, Caller* caller,
                                     const CallSpec& spec,
                                     std::shared_ptr<const Catalog> catalog,
                                     const Method& method, Listener* listener);

  // Sends a message. One at a time, until OnWritten.
  void Write(const std::string& message);
  // Says that there are no more.
  void WritesDone();
  // Asks for the next message, after OnFrame; the first is asked for already.
  void Read();
  // Nothing more is heard, and the call ends.
  void Leave();

 private:
  Talk(boost::asio::io_context& shard, Stats* stats,
       std::shared_ptr<const Catalog> catalog, const Method& method,
       Listener* listener)
      : shard_(shard),
        stats_(stats),
        catalog_(std::move(catalog)),
        method_(method),
        listener_(listener) {}

  // Runs `work` on the shard, if somebody listens then.
  template <typename Work>
  void OnShard(Work work);
  absl::StatusOr<FramePtr> ToFrame(grpc::ByteBuffer message) const;
  void Release();

  // On gRPC's threads.
  void OnWritten(bool ok) override;
  bool OnMessage(grpc::ByteBuffer message) override;
  void OnMessagesEnd() override;
  void OnRefused() override;
  void OnDone(const grpc::Status& status) override;
  void OnDone(const grpc::Status& status, grpc::ByteBuffer answer) override;
  Ending EndingOf(const grpc::Status& status) const;

  boost::asio::io_context& shard_;
  Stats* const stats_;
  const std::shared_ptr<const Catalog> catalog_;
  const Method& method_;

  // The shard's thread's.
  Listener* listener_;                            // null once it has left
  Call* call_ = nullptr;                          // one of these two, until
  AnswerCall* answer_call_ = nullptr;             // it is released
  std::shared_ptr<grpc::ClientContext> context_;  // the latter's
};

}  // namespace bridge

#endif  // BRIDGE_DIALOGUE_TALK_H_
