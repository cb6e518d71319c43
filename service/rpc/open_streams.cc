#include "service/rpc/open_streams.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::Status ShuttingDown() {
  return absl::UnavailableError("the service is shutting down");
}

absl::Status OpenStreams::Add(std::shared_ptr<Stream> stream, Pass pass) {
  absl::MutexLock lock(&mutex_);
  if (shutting_down_) return ShuttingDown();
  if (streams_.size() >= limit_) {
    ++refused_;
    return absl::ResourceExhaustedError(
        absl::StrCat("the limit of ", limit_, " open streams is reached"));
  }
  streams_.emplace(std::move(stream), std::move(pass.check));
  return absl::OkStatus();
}

void OpenStreams::Remove(const std::shared_ptr<Stream>& stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void OpenStreams::ShutDown() {
  Streams streams;
  {
    absl::MutexLock lock(&mutex_);
    shutting_down_ = true;
    streams = streams_;
  }
  for (const auto& [stream, check] : streams) stream->Stop(ShuttingDown());
}

void OpenStreams::StopInvalid() {
  std::vector<std::pair<std::shared_ptr<Stream>, absl::Status>> ending;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [stream, check] : streams_) {
      if (check == nullptr) continue;
      absl::Status status = check();
      if (status.ok()) continue;
      ending.emplace_back(stream, std::move(status));
      check = nullptr;  // It has heard it, and may take a while.
    }
    invalid_ += static_cast<int64_t>(ending.size());
  }
  for (const auto& [stream, why] : ending) stream->Stop(why);
}

int64_t OpenStreams::invalid() const {
  absl::MutexLock lock(&mutex_);
  return invalid_;
}

int64_t OpenStreams::refused() const {
  absl::MutexLock lock(&mutex_);
  return refused_;
}

bool OpenStreams::MayLog(waiting::Allowance::Clock::time_point now) {
  absl::MutexLock lock(&mutex_);
  return lines_.Take(1, kLinesPerSecond, kLinesAtOnce, now);
}

bool OpenStreams::shutting_down() const {
  absl::MutexLock lock(&mutex_);
  return shutting_down_;
}

size_t OpenStreams::size() const {
  absl::MutexLock lock(&mutex_);
  return streams_.size();
}

}  // namespace happiness
