// One core's share of the bridge.

#ifndef BRIDGE_VIEWER_SHARD_H_
#define BRIDGE_VIEWER_SHARD_H_

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "bridge/feed/feed.h"
#include "bridge/stats.h"
#include "bridge/viewer/client.h"
#include "bridge/viewer/poller.h"
#include "bridge/viewer/resident.h"
#include "bridge/viewer/send_batch.h"
#include "bridge/viewer/tap.h"
#include "bridge/viewer/timer_wheel.h"

namespace bridge {

// An io_context with the one thread that runs it, and what its sessions share.
// A session lives and dies on one shard: nothing here needs a lock.
//
// Start, Stop and io() may be used from any thread; the rest on the shard's.
class Shard {
 public:
  Shard(const ViewerOptions& options, RingLimits ring, Stats* stats);
  ~Shard() { Stop(); }

  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void Start();
  // Ends the thread. Idempotent.
  void Stop();
  // Destroys all residents. When that is done on all shards, RunRest runs what
  // they left behind for each other. Only when every shard is stopped.
  void Evict();
  void RunRest();

  boost::asio::io_context& io() { return io_; }

  // The shard's tap on a feed, which Hub::Open has just given: uses up its
  // reservation or gives it back.
  std::shared_ptr<Tap> TapOn(const std::shared_ptr<Feed>& feed);

  // Takes a resident in, until it is buried or the shard ends.
  void Keep(std::unique_ptr<Resident> resident);
  // Destroys it, soon: not while it may be at work.
  void Bury(Resident& resident);

  // Dismisses all residents that are there now, some at a time, spread over
  // `time` at the most. Once.
  void DismissAll(const Ending& ending, std::chrono::milliseconds time);

  Poller& poller() { return poller_; }
  SendBatch& batch() { return batch_; }
  TimerWheel& timers() { return timers_; }
  const ViewerOptions& viewer_options() const { return options_; }
  Stats& stats() { return *stats_; }

  // Room to read into, for one read at a time.
  std::span<char> scratch() { return scratch_; }

 private:
  // Dismisses the next `batch`, and goes on a moment later.
  void DismissSome(const Ending& ending, size_t batch);

  const ViewerOptions options_;
  const RingLimits ring_;
  Stats* const stats_;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_{io_.get_executor()};
  std::thread thread_;

  // The shard's thread's.
  Poller poller_{io_};
  TimerWheel timers_{io_};
  SendBatch batch_{options_.io_uring};
  absl::flat_hash_map<Feed*, std::weak_ptr<Tap>> taps_;
  std::array<char, 16 << 10> scratch_;
  Residents residents_;
  Residents to_dismiss_;  // still here, but not for long
  boost::asio::steady_timer dismissal_{io_};
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_SHARD_H_
