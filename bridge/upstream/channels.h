// The channels to one upstream: one for each of its replicas.

#ifndef BRIDGE_UPSTREAM_CHANNELS_H_
#define BRIDGE_UPSTREAM_CHANNELS_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace bridge {

// Says by which channel the next call goes. Thread-safe.
//
// gRPC balances what one name resolves to, by the channel's service config. But
// it has no target for a list of names, so for each there is a channel.
class Channels {
 public:
  // At least one, none twice. A channel that is idle stays so: who watches it
  // has it connect.
  explicit Channels(std::vector<std::shared_ptr<grpc::Channel>> channels);

  size_t size() const { return channels_.size(); }
  const std::shared_ptr<grpc::Channel>& at(size_t i) const {
    return channels_[i];
  }

  // The index of the next one in turn that is READY; if none is, of the next of
  // all.
  size_t Pick();

 private:
  const std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::atomic<size_t> turn_ = 0;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_CHANNELS_H_
