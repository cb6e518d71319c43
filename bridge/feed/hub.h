// All feeds of a bridge, by what they ask of the upstream.

#ifndef BRIDGE_FEED_HUB_H_
#define BRIDGE_FEED_HUB_H_

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "bridge/feed/feed.h"
#include "bridge/feed/turns.h"
#include "bridge/stats.h"

namespace bridge {

// How many feeds there may be, and how much they may hold, all together.
struct HubLimits {
  size_t feeds = 10'000;
  // With more than this no feed is opened, and those there keep only what their
  // shards have not taken yet.
  int64_t ring_bytes = 1 << 30;
  // So many without viewers wait for some; others end at once. Who asks for one
  // stream after another does not make each message wake thousands.
  int unused = 256;
};

// Thread-safe. Must outlive its feeds.
//
// Lock order: Hub::mutex_, then Feed::mutex_ or AddressLimits::mutex_, then
// that of Turns.
class Hub {
 public:
  Hub(Caller* caller, const FeedOptions& options, const HubLimits& limits,
      AddressLimits* per_address, Stats* stats)
      : caller_(caller),
        options_(options),
        limits_(limits),
        per_address_(per_address),
        stats_(stats) {}

  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The feed for a query: the one which is running for the same query, or a new
  // one, which begins with `opening` and has `home` as its home shard. A
  // private one is always new. The caller must use up the reservation: by
  // Subscribe or Unreserve, once.
  //
  // RESOURCE_EXHAUSTED if there are too many feeds, in all or of the address
  // that it counts for, or they hold too much; UNAVAILABLE after Close.
  absl::StatusOr<std::shared_ptr<Feed>> Open(Feed::Kind kind, Query query,
                                             Opening opening,
                                             boost::asio::io_context& home);

  // The feed that viewers of a query share, as Open. `position` is where the
  // one who asks starts: if a new feed can, it begins so that its ring has
  // that. `client` is who it counts for, if it is new, and `trace` goes with
  // its call.
  absl::StatusOr<std::shared_ptr<Feed>> OpenShared(
      Query query, Position position,
      std::optional<AddressLimits::Address> client, Metadata trace,
      boost::asio::io_context& home);

  // Ends every feed with `ending`, and opens none any more.
  void Close(const Ending& ending);

  Caller* caller() const { return caller_; }
  Stats* stats() const { return stats_; }
  int64_t max_ring_bytes() const { return limits_.ring_bytes; }
  // In which private feeds read.
  Turns* turns() { return &turns_; }
  // Counts a feed as one that waits for viewers, until RemoveUnused. False if
  // there are enough.
  bool AddUnused() {
    if (unused_.fetch_add(1) < limits_.unused) return true;
    RemoveUnused();
    return false;
  }
  void RemoveUnused() { unused_.fetch_sub(1); }

 private:
  friend class Feed;

  // How many private feeds read at a time.
  static constexpr int kTurns = 2;

  // What a new feed needs, or why there can't be one.
  absl::StatusOr<AddressLimits::FeedTicket> Admit(const Opening& opening)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Takes the feed out if nobody uses it. True if so.
  bool Retire(Feed* feed);
  // Takes a feed out that has ended.
  void Forget(Feed* feed);

  Caller* const caller_;
  const FeedOptions options_;
  const HubLimits limits_;
  AddressLimits* const per_address_;
  Stats* const stats_;
  Turns turns_{kTurns};
  std::atomic<int> unused_ = 0;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Feed>> shared_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Feed*, std::weak_ptr<Feed>> private_
      ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_HUB_H_
