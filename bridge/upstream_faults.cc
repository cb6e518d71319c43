#include "bridge/upstream_faults.h"

#include <spdlog/spdlog.h>

namespace bridge {

void UpstreamFaults::Report(std::string_view kind, const std::string& method,
                            const absl::Status& why, Clock::time_point now) {
  counts_.Add(kind);
  if (IsDue(method, now)) {
    spdlog::warn("{}: {}", method, std::string(why.message()));
  }
}

bool UpstreamFaults::IsDue(const std::string& method, Clock::time_point now) {
  absl::MutexLock lock(&mutex_);
  if (said_.size() >= kMaxMethods && !said_.contains(method)) said_.clear();
  return said_.try_emplace(method, kInterval).first->second.IsDue(now);
}

}  // namespace bridge
