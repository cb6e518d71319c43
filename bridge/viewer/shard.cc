#include "bridge/viewer/shard.h"

namespace bridge {

Shard::Shard(const ViewerOptions& options, RingLimits ring, Stats* stats)
    : options_(options), ring_(ring), stats_(stats) {}

void Shard::Start() {
  thread_ = std::thread([this] { io_.run(); });
}

void Shard::Stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Tap> Shard::TapOn(const std::shared_ptr<Feed>& feed) {
  std::weak_ptr<Tap>& known = taps_[feed.get()];
  if (std::shared_ptr<Tap> tap = known.lock()) {
    feed->Unreserve();
    return tap;
  }
  std::shared_ptr<Tap> tap = Tap::Open(
      feed, ring_, io_, [this, feed = feed.get()] { taps_.erase(feed); });
  known = tap;
  return tap;
}

}  // namespace bridge
