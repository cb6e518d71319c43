// The streams that are open: how many there may be, and how they end when the
// service does, or what let them in.

#ifndef SERVICE_RPC_OPEN_STREAMS_H_
#define SERVICE_RPC_OPEN_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "service/access/pass.h"
#include "waiting/allowance.h"

namespace happiness {

// What a client gets that calls, or is streaming, when the service ends.
absl::Status ShuttingDown();

// Thread-safe. The server owns it, and it outlives every stream.
class OpenStreams {
 public:
  class Stream {
   public:
    virtual ~Stream() = default;

    // Ends the stream with `why`, soon. May be called by any thread, also when
    // the stream is over.
    virtual void Stop(const absl::Status& why) = 0;
  };

  // At most `limit` streams at a time.
  explicit OpenStreams(size_t limit) : limit_(limit) {}

  // OK if `stream` may open; it must be removed when it is over. Otherwise
  // RESOURCE_EXHAUSTED, or ShuttingDown(). `pass` let it in.
  absl::Status Add(std::shared_ptr<Stream> stream, Pass pass = {});

  // Does nothing if `stream` was not added.
  void Remove(const std::shared_ptr<Stream>& stream);

  // Ends all streams. From now on none may open.
  void ShutDown();

  // Ends those whose pass holds no longer with what it says.
  void StopInvalid();

  // How many that has ended so far.
  int64_t invalid() const;

  // How many the limit has kept out so far.
  int64_t refused() const;

  // Whether there is room in the log for a line of one of them: they may come,
  // and end, by the thousand.
  bool MayLog(waiting::Allowance::Clock::time_point now =
                  waiting::Allowance::Clock::now());

  bool shutting_down() const;

  size_t size() const;

 private:
  static constexpr uint64_t kLinesPerSecond = 10;
  static constexpr uint64_t kLinesAtOnce = 50;

  // Each with its pass's check.
  using Streams = absl::flat_hash_map<std::shared_ptr<Stream>,
                                      std::function<absl::Status()>>;

  const size_t limit_;

  mutable absl::Mutex mutex_;
  bool shutting_down_ ABSL_GUARDED_BY(mutex_) = false;
  Streams streams_ ABSL_GUARDED_BY(mutex_);
  int64_t invalid_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  waiting::Allowance lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_RPC_OPEN_STREAMS_H_
