#include "bridge/upstream/channels.h"

#include <utility>

namespace bridge {

Channels::Channels(std::vector<std::shared_ptr<grpc::Channel>> channels)
    : channels_(std::move(channels)) {}

size_t Channels::Pick() {
  // One within this process has no state that could be asked for.
  if (channels_.size() == 1) return 0;
  std::vector<size_t> ready;
  ready.reserve(channels_.size());
  for (size_t i = 0; i < channels_.size(); ++i) {
    if (channels_[i]->GetState(/*try_to_connect=*/false) ==
        GRPC_CHANNEL_READY) {
      ready.push_back(i);
    }
  }
  const size_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return ready.empty() ? turn % channels_.size() : ready[turn % ready.size()];
}

}  // namespace bridge
