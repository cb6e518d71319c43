// One of the servers behind the bridge: whether it is there.

#ifndef BRIDGE_UPSTREAM_REPLICA_H_
#define BRIDGE_UPSTREAM_REPLICA_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"
#include "waiting/bell.h"

namespace bridge {

// Keeps a channel connected, and learns what there is behind it each time that
// it has become so. Owned by the Upstream, whose it is; its methods are for the
// upstream's owner, and all it does it does on a thread of its own.
class Replica {
 public:
  struct Options {
    size_t index;  // among the upstream's
    std::shared_ptr<grpc::Channel> channel;
    // A channel within this process is there for good.
    bool in_process = false;
    // Otherwise its catalog is known.
    bool learns = true;
    absl::Duration keepalive;  // see Upstream::Options
  };

  // Told on the replica's thread.
  class Observer {
   public:
    virtual ~Observer() = default;

    virtual void OnLearned(std::shared_ptr<const Catalog> catalog) = 0;

    // Why that one can't be used, in words for clients: empty if it can. And
    // what is for the log alone: empty if there is no more to say.
    virtual void OnChanged(size_t index, const std::string& problem,
                           const std::string& why) = 0;
  };

  static constexpr char kNotReachedYet[] =
      "the upstream has not been reached yet";

  // Does nothing before Start. `observer` must live as long.
  Replica(Options options, Observer* observer);
  // Blocks until the thread has ended and no call of it runs.
  ~Replica();

  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void Start();
  // The destructor's wait begins.
  void Stop();

 private:
  void Run();
  bool WaitConnected();
  void WaitDisconnected();
  void Learn();
  void SetProblem(std::string_view problem, const std::string& why = "");

  const Options options_;
  Observer* const observer_;
  Caller caller_;
  std::atomic<bool> stopping_ = false;
  waiting::Bell stop_;  // rung once it is stopping

  // The thread's own.
  std::string problem_ = kNotReachedYet;

  std::thread thread_;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_REPLICA_H_
