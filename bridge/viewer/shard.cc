#include "bridge/viewer/shard.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <exception>

namespace bridge {

Shard::Shard(const ViewerOptions& options, RingLimits ring, Stats* stats)
    : options_(options), ring_(ring), stats_(stats) {}

void Shard::Evict() {
  residents_.clear_and_dispose([](Resident* resident) { delete resident; });
}

void Shard::RunRest() {
  io_.restart();
  io_.poll();
}

void Shard::Keep(std::unique_ptr<Resident> resident) {
  residents_.push_back(*resident.release());
}

void Shard::Bury(Resident& resident) {
  resident.unlink();
  boost::asio::post(io_, [owned = std::unique_ptr<Resident>(&resident)] {});
}

void Shard::Start() {
  thread_ = std::thread([this] {
    // We throw nothing; a library may, when memory is short. That ends what
    // was at hand, and nothing else.
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception& error) {
        spdlog::error("a session ended by an exception: {}", error.what());
      }
    }
  });
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
  std::shared_ptr<Tap> tap =
      Tap::Open(feed, ring_, io_, batch_,
                [this, feed = feed.get()] { taps_.erase(feed); });
  known = tap;
  return tap;
}

}  // namespace bridge
