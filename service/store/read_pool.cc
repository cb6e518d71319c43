#include "service/store/read_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<ReadPool>> ReadPool::Start(const Store& store,
                                                          size_t threads,
                                                          size_t max_waiting) {
  std::unique_ptr<ReadPool> pool(new ReadPool(max_waiting));
  for (size_t i = 0; i < threads; ++i) {
    absl::StatusOr<Database> db = store.ConnectReader();
    if (!db.ok()) return db.status();
    pool->threads_.emplace_back(&ReadPool::Work, pool.get(), *std::move(db));
  }
  return pool;
}

ReadPool::~ReadPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status ReadPool::Run(Job job) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("the store is being closed");
  if (waiting_.size() >= max_waiting_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the limit of ", max_waiting_, " waiting reads is reached"));
  }
  waiting_.push_back(std::move(job));
  return absl::OkStatus();
}

void ReadPool::Work(Database db) {
  for (;;) {
    Job job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &ReadPool::MayGoOn));
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    std::move(job)(db);
  }
}

}  // namespace happiness
