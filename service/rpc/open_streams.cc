#include "service/rpc/open_streams.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::Status ShuttingDown() {
  return absl::UnavailableError("the service is shutting down");
}

absl::Status OpenStreams::Add(std::shared_ptr<Stream> stream) {
  absl::MutexLock lock(&mutex_);
  if (shutting_down_) return ShuttingDown();
  if (streams_.size() >= limit_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the limit of ", limit_, " open streams is reached"));
  }
  streams_.insert(std::move(stream));
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
  for (const std::shared_ptr<Stream>& stream : streams) stream->ShutDown();
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
