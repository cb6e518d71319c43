// Reads the stream, in order, from a sequence on.

#ifndef SERVICE_JETSTREAM_FOLLOWER_H_
#define SERVICE_JETSTREAM_FOLLOWER_H_

#include <nats/nats.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace happiness {

// An ordered consumer: it is of the one server that has it, nothing is
// acknowledged, and when a message is missing nothing behind it is passed on.
// Then, and when its server has lost it, its owner, who asks for Progress,
// makes another one. (libnats 3.4.1 would do that by itself, but its threads
// race for the consumer's name when it is unsubscribed meanwhile.)
class Follower {
 public:
  struct Message {
    int64_t sequence;
    absl::Time time;  // when the stream took it
    std::string_view data;
  };
  // Called on a thread of the library's, one after another. May block: the
  // servers then send no more than 32 MiB ahead.
  using Callback = absl::AnyInvocable<void(const Message&)>;
  // There is a message missing. Called there, too, once at the most.
  using LostCallback = absl::AnyInvocable<void()>;

  // Messages that follow `after`. `js` must outlive the follower.
  static absl::StatusOr<std::unique_ptr<Follower>> Start(jsCtx* js,
                                                         int64_t after,
                                                         Callback callback,
                                                         LostCallback on_lost);

  // When this returns the callback is not under way, and will not come.
  ~Follower();

  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  struct Progress {
    int64_t received = 0;  // the last sequence that came
    int64_t behind = 0;    // messages that are yet to come
  };
  // Asks the servers. An error if the consumer is lost, or a message, or it
  // can't be asked.
  absl::StatusOr<Progress> AskProgress();

 private:
  Follower(int64_t after, Callback callback, LostCallback on_lost);

  static void OnMessage(natsConnection* nats, natsSubscription* subscription,
                        natsMsg* message, void* id);
  // `number` counts what the consumer was sent.
  void Take(const Message& message, uint64_t number);

  void* const id_;
  std::atomic<int64_t> received_;
  std::atomic<bool> lost_ = false;
  uint64_t last_number_ = 0;  // the library's thread's
  Callback callback_;
  LostCallback on_lost_;
  natsSubscription* subscription_ = nullptr;
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_FOLLOWER_H_
