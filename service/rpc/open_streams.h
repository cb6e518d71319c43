// The streams that are open: how many there may be, and how they end when the
// service does.

#ifndef SERVICE_RPC_OPEN_STREAMS_H_
#define SERVICE_RPC_OPEN_STREAMS_H_

#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace happiness {

// What a client gets that calls, or is streaming, when the service ends.
absl::Status ShuttingDown();

// Thread-safe. The server owns it, and it outlives every stream.
class OpenStreams {
 public:
  class Stream {
   public:
    virtual ~Stream() = default;

    // Ends the stream with ShuttingDown(), soon. May be called by any thread,
    // also when the stream is over.
    virtual void ShutDown() = 0;
  };

  // At most `limit` streams at a time.
  explicit OpenStreams(size_t limit) : limit_(limit) {}

  // OK if `stream` may open; it must be removed when it is over. Otherwise
  // RESOURCE_EXHAUSTED, or ShuttingDown().
  absl::Status Add(std::shared_ptr<Stream> stream);

  // Does nothing if `stream` was not added.
  void Remove(const std::shared_ptr<Stream>& stream);

  // Ends all streams. From now on none may open.
  void ShutDown();

  bool shutting_down() const;

  size_t size() const;

 private:
  using Streams = absl::flat_hash_set<std::shared_ptr<Stream>>;

  const size_t limit_;

  mutable absl::Mutex mutex_;
  bool shutting_down_ ABSL_GUARDED_BY(mutex_) = false;
  Streams streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_RPC_OPEN_STREAMS_H_
