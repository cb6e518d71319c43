// All feeds of a bridge, by what they ask of the upstream.

#ifndef BRIDGE_FEED_HUB_H_
#define BRIDGE_FEED_HUB_H_

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "bridge/feed/feed.h"
#include "bridge/stats.h"

namespace bridge {

// Thread-safe. Must outlive its feeds.
//
// Lock order: Hub::mutex_, then Feed::mutex_.
class Hub {
 public:
  Hub(Caller* caller, const FeedOptions& options, size_t max_feeds,
      Stats* stats)
      : caller_(caller),
        options_(options),
        max_feeds_(max_feeds),
        stats_(stats) {}

  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The feed for a query: the one which is running for the same query, or a new
  // one, which begins with `opening` and has `home` as its home shard. A
  // private one is always new. The caller must use up the reservation: by
  // Subscribe or Unreserve, once.
  //
  // RESOURCE_EXHAUSTED if there are too many feeds; UNAVAILABLE after Close.
  absl::StatusOr<std::shared_ptr<Feed>> Open(Feed::Kind kind, Query query,
                                             Opening opening,
                                             boost::asio::io_context& home);

  // The feed that viewers of a query share, as Open. `position` is where the
  // one who asks starts: if a new feed can, it begins so that its ring has
  // that.
  absl::StatusOr<std::shared_ptr<Feed>> OpenShared(
      Query query, Position position, boost::asio::io_context& home);

  // Ends every feed with `ending`, and opens none any more.
  void Close(const Ending& ending);

  Caller* caller() const { return caller_; }
  Stats* stats() const { return stats_; }

 private:
  friend class Feed;

  // Takes the feed out if nobody uses it. True if so.
  bool Retire(Feed* feed);
  // Takes a feed out that has ended.
  void Forget(Feed* feed);

  Caller* const caller_;
  const FeedOptions options_;
  const size_t max_feeds_;
  Stats* const stats_;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Feed>> shared_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Feed*, std::weak_ptr<Feed>> private_
      ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_HUB_H_
