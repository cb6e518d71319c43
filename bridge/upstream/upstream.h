// The gRPC servers behind the bridge: the channels, and what they offer.

#ifndef BRIDGE_UPSTREAM_UPSTREAM_H_
#define BRIDGE_UPSTREAM_UPSTREAM_H_

#include <grpcpp/channel.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/replica.h"
#include "bridge/upstream/upstream_tls.h"

namespace bridge {

// The upstream is there while one of its replicas is. Keeps the catalog true:
// learns it from each replica that is there, and again each time that one comes
// back, which may be a newer one then. Thread-safe.
class Upstream : private Replica::Observer {
 public:
  struct Options {
    // Either a channel within this process, which is there for good…
    std::shared_ptr<grpc::Channel> in_process;
    // … or where the replicas are ("host:port,host:port"): see ParseTargets.
    std::string target;
    UpstreamTls tls;
    // Whether no call goes to a replica that does not say of itself that it
    // serves, or that it knows no such question. gRPC's own health service.
    bool health = true;
    // A FileDescriptorSet's file. If empty the upstream is asked by reflection.
    std::string descriptor_set;
    // After so long, and at the most as long again or 10 s, it is noticed that
    // nothing comes from the target any more. At least 1 s.
    absl::Duration keepalive = absl::Seconds(10);
  };

  // An error if `target`, the descriptor set or a file of `tls` can't be used.
  // An upstream that is not there is no error: it is waited for.
  static absl::StatusOr<std::unique_ptr<Upstream>> Connect(Options options);

  // Blocks until the threads that learn have stopped and no call runs.
  ~Upstream() override;

  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  Caller* caller() { return &caller_; }

  // What the upstream offered when it was last seen; null if it has not been
  // seen yet.
  std::shared_ptr<const Catalog> catalog() const;

  // OK if a replica is connected and the catalog is known; otherwise
  // UNAVAILABLE, and why.
  absl::Status Ready() const;

  // How many replicas there are, and can be used. All that one target leads to
  // counts as one.
  int replicas() const { return static_cast<int>(replicas_.size()); }
  int ready_replicas() const;

 private:
  Upstream(const Options& options, std::vector<std::string> targets,
           const std::vector<std::shared_ptr<grpc::Channel>>& channels);

  void OnLearned(std::shared_ptr<const Catalog> catalog) override;
  void OnChanged(size_t index, const std::string& problem,
                 const std::string& why) override;

  const std::vector<std::string> targets_;  // empty: one within this process
  Caller caller_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const Catalog> catalog_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> ready_ ABSL_GUARDED_BY(mutex_);  // as replicas_
  // Why the last one that changed can't be used.
  std::string problem_ ABSL_GUARDED_BY(mutex_) = Replica::kNotReachedYet;

  std::vector<std::unique_ptr<Replica>> replicas_;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_UPSTREAM_H_
