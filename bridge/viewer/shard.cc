#include "bridge/viewer/shard.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <exception>

namespace bridge {
namespace {

// Between two batches of those who are dismissed.
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Shard::Shard(const ViewerOptions& options, RingLimits ring, Stats* stats)
    : options_(options), ring_(ring), stats_(stats) {}

void Shard::Evict() {
  for (Residents* residents : {&residents_, &to_dismiss_}) {
    residents->clear_and_dispose([](Resident* resident) { delete resident; });
  }
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

void Shard::DismissAll(const Ending& ending, std::chrono::milliseconds time) {
  to_dismiss_.swap(residents_);
  const auto pauses = static_cast<size_t>(time / kPause);
  // The first goes at once.
  DismissSome(ending, to_dismiss_.size() / (pauses + 1) + 1);
}

// They are still the shard's: one that is dismissed ends when its client has
// been told.
void Shard::DismissSome(const Ending& ending, size_t batch) {
  for (size_t i = 0; i < batch && !to_dismiss_.empty(); ++i) {
    Resident& next = to_dismiss_.front();
    to_dismiss_.pop_front();
    residents_.push_back(next);
    next.Dismiss(ending);
  }
  if (to_dismiss_.empty()) return;
  dismissal_.expires_after(kPause);
  dismissal_.async_wait([this, ending, batch](auto error) {
    if (!error) DismissSome(ending, batch);
  });
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
