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
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace happiness {

// An ordered consumer. One that its server has lost does not always come back
// by itself: its owner asks for Progress, and makes another if there is none.
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

  // Messages that follow `after`. `js` must outlive the follower.
  static absl::StatusOr<std::unique_ptr<Follower>> Start(jsCtx* js,
                                                         int64_t after,
                                                         Callback callback);

  // When this returns the callback is not under way, and will not come.
  ~Follower();

  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  struct Progress {
    int64_t received = 0;  // the last sequence that came
    int64_t behind = 0;    // messages that are yet to come
  };
  // Asks the servers. An error if the consumer is lost, or can't be asked.
  absl::StatusOr<Progress> AskProgress();

 private:
  Follower(int64_t after, Callback callback)
      : received_(after), callback_(std::move(callback)) {}

  static void OnMessage(natsConnection* nats, natsSubscription* subscription,
                        natsMsg* message, void* self);
  static void OnComplete(void* self);
  void Take(const Message& message);

  std::atomic<int64_t> received_;
  Callback callback_;
  natsSubscription* subscription_ = nullptr;
  absl::Notification complete_;
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_FOLLOWER_H_
