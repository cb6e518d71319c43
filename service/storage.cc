#include "service/storage.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

// What takes long takes one core; the others serve streams meanwhile.
constexpr size_t kThreads = 1;
constexpr size_t kMaxWaiting = 1'000;

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> Storage::Open(
    const std::string& data_dir, StoredLogOptions options,
    const std::optional<ReplicatedLogOptions>& replicated) {
  std::unique_ptr<Storage> storage(new Storage());
  storage->data_dir_ = data_dir;
  auto store = Store::Open(data_dir);
  if (!store.ok()) return store.status();
  storage->store_ = *std::move(store);
  options.is_copy |= replicated.has_value();
  auto log = StoredLog::Open(*storage->store_, options);
  if (!log.ok()) return storage->store_->Explain(log.status());
  storage->log_ = *std::move(log);
  if (replicated.has_value()) {
    auto on_top = ReplicatedLog::Open(storage->store_.get(),
                                      storage->log_.get(), *replicated);
    if (!on_top.ok()) return on_top.status();
    storage->replicated_ = *std::move(on_top);
    storage->servers_ = replicated->target.Describe();
  }
  for (std::unique_ptr<ReadPool>* pool :
       {&storage->queries_, &storage->fills_}) {
    auto started = ReadPool::Start(*storage->store_, kThreads, kMaxWaiting);
    if (!started.ok()) return started.status();
    *pool = *std::move(started);
  }
  return storage;
}

std::string Storage::Describe() const {
  if (data_dir_.empty()) {
    return "readings are kept in memory and end with this process";
  }
  const LogExtent extent = log_->Extent();
  return absl::StrCat(
      replicated_ == nullptr ? "readings are kept in "
                             : absl::StrCat("readings are kept by NATS at ",
                                            servers_, ", and copied to "),
      data_dir_, ": ",
      extent.first > extent.last
          ? "none so far"
          : absl::StrCat(extent.first, " to ", extent.last, " so far"),
      replicated_ != nullptr && !replicated_->stats().connected
          ? " (NATS could not be followed yet: trying again)"
          : "");
}

}  // namespace happiness
