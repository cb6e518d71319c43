#include "service/access/write_limits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/request/grpc_status.h"

namespace happiness {
namespace {

// As long as it takes until a client has its whole share again.
constexpr int kRetrySeconds = 1;

constexpr char kRetryInfo[] = "type.googleapis.com/google.rpc.RetryInfo";

absl::Status Refusal(const std::string& message) {
  absl::Status status = absl::ResourceExhaustedError(message);
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(kRetrySeconds);
  AddDetail(info, &status);
  return status;
}

}  // namespace

absl::Status WriteLimits::Take(std::string_view name, Clock::time_point now) {
  if (rate_ == 0 || name.empty()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  waiting::Allowance* const allowance = Find(name, now);
  if (allowance == nullptr) {
    return Refusal("too many different names record; try again in a second");
  }
  if (allowance->Take(1, rate_, rate_, now)) return absl::OkStatus();
  return Refusal(
      absl::StrCat("more than ", rate_,
                   " readings a second for one token's name "
                   "(--max_writes_per_token); try again in a second"));
}

bool WriteLimits::Refused(const absl::Status& status) {
  return status.GetPayload(kRetryInfo).has_value();
}

waiting::Allowance* WriteLimits::Find(std::string_view name,
                                      Clock::time_point now) {
  const absl::string_view key(name.data(), name.size());
  const auto found = names_.find(key);
  if (found != names_.end()) return &found->second;
  if (names_.size() >= sweep_at_) ForgetIdle(now);
  if (names_.size() >= kMaxNames) return nullptr;
  return &names_[key];
}

// Costs a look at each; the next time is when there are twice as many, or, at
// the most of them, each time.
void WriteLimits::ForgetIdle(Clock::time_point now) {
  absl::erase_if(names_,
                 [&](const auto& entry) { return entry.second.IsFull(now); });
  sweep_at_ = std::clamp<size_t>(2 * names_.size(), 1'024, kMaxNames);
}

size_t WriteLimits::size() const {
  absl::MutexLock lock(&mutex_);
  return names_.size();
}

}  // namespace happiness
