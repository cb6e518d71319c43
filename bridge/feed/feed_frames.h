// From a feed's messages to its frames.

#ifndef BRIDGE_FEED_FEED_FRAMES_H_
#define BRIDGE_FEED_FEED_FRAMES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "bridge/feed/frame.h"
#include "bridge/stats.h"
#include "bridge/upstream/catalog.h"

namespace bridge {

// Makes JSON of one method's messages, and counts what frames hold of it.
// Owned by the feed and its frames; `stats` must outlive them. Thread-safe.
class FeedFrames : public FrameMaker {
 public:
  FeedFrames(std::shared_ptr<const Catalog> catalog, const Method& method,
             Stats* stats)
      : catalog_(std::move(catalog)), method_(method), stats_(stats) {}

  absl::StatusOr<std::string> ToJson(std::string_view message) const override;
  void CountMade(int64_t bytes) const override;

  // Some message was told in JSON. The next ones then had better be made so
  // where they arrive, and not where their viewers wait.
  bool tells_json() const {
    return tells_json_.load(std::memory_order_relaxed);
  }

 private:
  const std::shared_ptr<const Catalog> catalog_;  // keeps `method_` alive
  const Method& method_;
  Stats* const stats_;
  mutable std::atomic<bool> tells_json_ = false;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_FEED_FRAMES_H_
