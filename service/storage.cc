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
    const std::string& data_dir, const StoredLogOptions& options) {
  std::unique_ptr<Storage> storage(new Storage());
  storage->data_dir_ = data_dir;
  auto store = Store::Open(data_dir);
  if (!store.ok()) return store.status();
  storage->store_ = *std::move(store);
  auto log = StoredLog::Open(*storage->store_, options);
  if (!log.ok()) return storage->store_->Explain(log.status());
  storage->log_ = *std::move(log);
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
      "readings are kept in ", data_dir_, ": ",
      extent.first > extent.last
          ? "none so far"
          : absl::StrCat(extent.first, " to ", extent.last, " so far"));
}

}  // namespace happiness
