#include "bridge/feed/feed_frames.h"

namespace bridge {

absl::StatusOr<std::string> FeedFrames::ToJson(std::string_view message) const {
  tells_json_.store(true, std::memory_order_relaxed);
  stats_->messages_encoded.fetch_add(1);
  auto json = catalog_->codec().TellInJson(method_.output(), message);
  if (!json.ok()) {
    stats_->upstream_faults.Report("malformed", method_.path, json.status());
  }
  return json;
}

void FeedFrames::CountMade(int64_t bytes) const {
  stats_->ring_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace bridge
