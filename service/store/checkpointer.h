// Moves what was committed from SQLite's write-ahead log into the database.

#ifndef SERVICE_STORE_CHECKPOINTER_H_
#define SERVICE_STORE_CHECKPOINTER_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/store/database.h"

namespace happiness {

// SQLite would do so within some commit, which would take long; this does most
// of it on a thread and a connection of its own, which no commit waits for. As
// commits go on meanwhile, the little that is left is for the writer's thread
// to do, between two commits: then the log is all moved, and begins anew
// instead of growing for ever.
//
// What somebody still reads can't be moved. Where there is always somebody, the
// log grows to kMaxPages; then the writer's thread waits, for kPatience at
// most, until those who read now have ended. If that is not enough, it waits
// again when the log has grown by as much again.
//
// OnCommit is for the writer's thread.
class Checkpointer {
 public:
  // From so many pages (of 4 KiB) on the log is moved.
  static constexpr int kPages = 2'000;

  static constexpr int kMaxPages = 4 * kPages;
  static constexpr absl::Duration kPatience = absl::Milliseconds(100);

  // `db` is a connection of its own. `writer` is the one whose commits are
  // counted; it must outlive this.
  Checkpointer(Database db, Database& writer);
  ~Checkpointer();

  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // To be called after each commit.
  void OnCommit() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class State {
    kIdle,
    kWanted,   // the thread is to move, or moves, what there is
    kLeftOver  // the writer is to move what was committed meanwhile
  };

  // Moves all, and makes the next commit begin the log anew.
  void WaitForReaders();

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || state_ == State::kWanted;
  }

  Database& writer_;

  // The writer's thread's.
  int pages_ = 0;              // in the log
  int wait_from_ = kMaxPages;  // so many on

  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kIdle;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  Database db_;  // the thread's
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_CHECKPOINTER_H_
