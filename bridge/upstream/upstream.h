// The gRPC server behind the bridge: the channel to it, and what it offers.

#ifndef BRIDGE_UPSTREAM_UPSTREAM_H_
#define BRIDGE_UPSTREAM_UPSTREAM_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/upstream_tls.h"
#include "waiting/bell.h"

namespace bridge {

// Keeps the catalog true: learns it when the upstream is there, and again each
// time that it comes back. Thread-safe.
class Upstream {
 public:
  struct Options {
    // Either a channel within this process, which is there for good…
    std::shared_ptr<grpc::Channel> in_process;
    // … or the target of another one ("host:port").
    std::string target;
    UpstreamTls tls;
    // A FileDescriptorSet's file. If empty the upstream is asked by reflection.
    std::string descriptor_set;
    // After so long, and at the most as long again or 10 s, it is noticed that
    // nothing comes from the target any more. At least 1 s.
    absl::Duration keepalive = absl::Seconds(10);
  };

  // An error if the descriptor set or a file of `tls` can't be used. An
  // upstream that is not there is no error: it is waited for.
  static absl::StatusOr<std::unique_ptr<Upstream>> Connect(Options options);

  // Blocks until the thread that learns has stopped and no call runs.
  ~Upstream();

  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  Caller* caller() { return &caller_; }

  // What the upstream offered when it was last seen; null if it has not been
  // seen yet.
  std::shared_ptr<const Catalog> catalog() const;

  // OK if the upstream is connected and its catalog is known; otherwise
  // UNAVAILABLE, and why.
  absl::Status Ready() const;

 private:
  Upstream(Options options, std::shared_ptr<grpc::Channel> channel);

  void Run();
  void Learn();
  void SetProblem(const std::string& problem);
  bool WaitConnected();
  void WaitDisconnected();
  bool stopping() const;

  const Options options_;
  const std::shared_ptr<grpc::Channel> channel_;
  Caller caller_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const Catalog> catalog_ ABSL_GUARDED_BY(mutex_);
  // Why the upstream can't be used; empty if it can.
  std::string problem_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  waiting::Bell stop_;  // rung once it is stopping

  std::thread thread_;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_UPSTREAM_H_
