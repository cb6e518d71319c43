#include "service/store/checkpointer.h"

#include <sqlite3.h>

#include <utility>

namespace happiness {
namespace {

// Moves what it can without making anybody wait. A full disk, say, makes it
// fail: what was committed stays in the log, and there will be a next time.
bool Checkpoint(Database& db, int mode = SQLITE_CHECKPOINT_PASSIVE) {
  return sqlite3_wal_checkpoint_v2(db.handle(), nullptr, mode, nullptr,
                                   nullptr) == SQLITE_OK;
}

}  // namespace

Checkpointer::Checkpointer(Database db, Database& writer)
    : writer_(writer), db_(std::move(db)) {
  auto count = [](void* pages, sqlite3*, const char*, int in_log) {
    *static_cast<int*>(pages) = in_log;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer_.handle(), count, &pages_);
  thread_ = std::thread(&Checkpointer::Work, this);
}

Checkpointer::~Checkpointer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
}

void Checkpointer::OnCommit() {
  {
    absl::MutexLock lock(&mutex_);
    if (pages_ < kPages) wait_from_ = kMaxPages;  // It has begun anew.
    if (state_ == State::kIdle && pages_ >= kPages) state_ = State::kWanted;
    if (state_ != State::kLeftOver) return;
    state_ = State::kIdle;
  }
  if (pages_ >= wait_from_) {
    WaitForReaders();
  } else {
    Checkpoint(writer_);
  }
}

void Checkpointer::WaitForReaders() {
  writer_.SetBusyTimeout(kPatience);
  const bool done = Checkpoint(writer_, SQLITE_CHECKPOINT_RESTART);
  writer_.SetBusyTimeout(Database::kBusyTimeout);
  wait_from_ = done ? kMaxPages : pages_ + kMaxPages;
}

void Checkpointer::Work() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Checkpointer::HasWork));
      if (stopping_) return;
    }
    Checkpoint(db_);
    absl::MutexLock lock(&mutex_);
    state_ = State::kLeftOver;
  }
}

}  // namespace happiness
