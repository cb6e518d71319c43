// One message of a feed, encoded once for however many watch it.

#ifndef BRIDGE_FEED_FRAME_H_
#define BRIDGE_FEED_FRAME_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "bridge/feed/wire.h"

namespace bridge {

// What the frames of a feed have in common. Thread-safe.
class FrameMaker {
 public:
  virtual ~FrameMaker() = default;
  // A message as JSON on one line, or why it can't be told so.
  virtual absl::StatusOr<std::string> ToJson(
      std::string_view message) const = 0;
  // Frames hold so many bytes more, or fewer, besides their messages.
  virtual void CountMade(int64_t bytes) const = 0;
};

// Immutable to its users; shared by the rings of all shards and by the viewers
// in the middle of it. Safe to use from any thread.
class Frame {
 public:
  // `message` is as it came; `cursor` is its, if its method has one. `maker`
  // may be null where nobody calls For.
  Frame(std::string message, std::optional<int64_t> cursor,
        std::shared_ptr<const FrameMaker> maker)
      : message_(std::move(message)),
        cursor_(cursor),
        maker_(std::move(maker)) {}
  ~Frame();

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  // The bytes for viewers of this wire, which live as long as the frame. Each
  // framing is built when the first viewer asks for it, and then kept; so is
  // JSON. Empty if there are none, since the message can't be told in JSON.
  std::string_view For(Wire wire) const;

  // The message as JSON, which lives as long as the frame. Empty if it can't be
  // told so.
  std::string_view json() const;

  // Why For, or json, gave nothing.
  absl::Status why_not() const;

  std::optional<int64_t> cursor() const { return cursor_; }

  // The memory that the message takes as it came: what it always has.
  size_t size() const { return message_.size(); }

 private:
  const std::string& Make(Framing framing) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Framed(Framing framing) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string message_;
  const std::optional<int64_t> cursor_;
  const std::shared_ptr<const FrameMaker> maker_;
  // By framing; null until it is built. Read without the lock.
  mutable std::array<std::atomic<const std::string*>, kFramings> framed_{};
  mutable absl::Mutex mutex_;  // held by who builds one
  mutable absl::Status why_not_ ABSL_GUARDED_BY(mutex_);
};

using FramePtr = std::shared_ptr<const Frame>;

// For frames whose message is JSON already, and which count for nobody.
std::shared_ptr<const FrameMaker> JsonAsItIs();

}  // namespace bridge

#endif  // BRIDGE_FEED_FRAME_H_
