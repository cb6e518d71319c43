// What all calls that stream to a client have in common.

#ifndef SERVICE_RPC_OUTGOING_STREAM_H_
#define SERVICE_RPC_OUTGOING_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/access/pass.h"
#include "service/rpc/open_streams.h"

namespace happiness {

// One call that sends messages, as its derived class says which. It owns itself
// until OnDone.
//
// It is always in one of the states below. Only what a state waits for, or the
// end of the call while it waits for something of ours, takes the stream out of
// it, so there is never more than one write, or one end, under way. gRPC, the
// server, and whoever has something to send call it on threads of theirs, at
// the same time: the mutex orders them. gRPC is never called with the mutex
// held, because it may react at once; Next is (lock order: this mutex, then
// those of what is streamed).
class OutgoingStream : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                       public OpenStreams::Stream {
 public:
  void Stop(const absl::Status& why) override;  // of OpenStreams::Stream

 protected:
  enum class State {
    kOpening,   // the headers are on their way
    kSending,   // a message is on its way
    kFetching,  // what is to be sent is being fetched
    kWaiting,   // for more to send
    kYielding,  // lets other calls run in the midst of a long search
    kEnding,    // Finish was called, or is about to be
  };

  // What is to be done next.
  struct Step {
    State state;
    // For kSending: remains as it is until the next call of Next.
    const grpc::ByteBuffer* message = nullptr;
    // For kSending: Next will give another message as soon as this one is
    // taken, so that both may go to the network at once.
    bool more_follows = false;
    // For kEnding.
    absl::Status end = absl::OkStatus();
    // Is run first, with no lock held; may be null.
    absl::AnyInvocable<void()&&> work = nullptr;
  };

  // `method` and `things`, what it sends, are for the log.
  OutgoingStream(const char* method, const char* things,
                 grpc::CallbackServerContext* context, OpenStreams* streams);

  // To be called once, by the one who made `self`, which is this; `pass` let
  // the call in. `open` says
  // what for the log is asked for, or why the call is not accepted. If it is,
  // the headers go out, long before the first message where there is none yet;
  // otherwise it ends. From then on this is gone when the call is.
  void Begin(std::shared_ptr<OutgoingStream> self, Pass pass,
             absl::FunctionRef<absl::StatusOr<std::string>()> open)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // If the stream is in state `from`, takes it to the next one and starts what
  // that one waits for. Returns the state that it took it to, or `from`.
  State Advance(State from) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the stream with `status`, unless it ends already: at once if it is
  // kWaiting or kFetching, otherwise after what is on its way.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // As End, but doesn't wait for the client to take what is on its way: the
  // client hears CANCELLED.
  void Break(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Finds out what is to be done next, while the call goes on.
  virtual Step Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;

  // The call ends: nothing that Next waits for is wanted any more. Called once
  // or more, with no lock held.
  virtual void StopWaiting() ABSL_LOCKS_EXCLUDED(mutex_) = 0;

  // A write has ended, and nothing is left to be sent: the stream waits. Called
  // on a thread of gRPC's, which has time for others now. The call is not over
  // before this has returned.
  virtual void OnSentAll() ABSL_LOCKS_EXCLUDED(mutex_) {}

  absl::Mutex mutex_;

 private:
  // The reactions of grpc::ServerWriteReactor.
  void OnSendInitialMetadataDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  const char* const method_;
  const char* const things_;
  const std::string caller_;
  grpc::CallbackServerContext* const context_;  // lives until OnDone
  const absl::Time start_ = absl::Now();
  OpenStreams* const streams_;

  State state_ ABSL_GUARDED_BY(mutex_) = State::kOpening;
  std::shared_ptr<OutgoingStream> self_ ABSL_GUARDED_BY(mutex_);
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // not OK: ends, with this
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  // Somebody cancels the call, which must therefore not be over before
  // that is done; meanwhile, what was on its way has arrived or failed.
  bool breaking_ ABSL_GUARDED_BY(mutex_) = false;
  bool written_ ABSL_GUARDED_BY(mutex_) = false;

  // Used by the one thread that took the state to kYielding.
  std::optional<grpc::Alarm> alarm_;
};

}  // namespace happiness

#endif  // SERVICE_RPC_OUTGOING_STREAM_H_
