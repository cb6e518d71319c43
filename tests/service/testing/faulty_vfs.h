// A disk under SQLite that fails when a test says so: the power goes, it is
// full, or it is broken.
//
//   FaultyVfs disk;  // under every connection that is opened from now on
//   sqlite3_open(path, &db);
//   ...
//   disk.LosePower(seed);  // whatever is done to `db` fails from here on
//   sqlite3_close(db);
//   disk.RestorePower();
//   sqlite3_open(path, &db);  // finds what a disk may hold after that

#ifndef TESTS_SERVICE_TESTING_FAULTY_VFS_H_
#define TESTS_SERVICE_TESTING_FAULTY_VFS_H_

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/service/testing/unsynced_file.h"

namespace happiness {

// While it lives it is SQLite's default VFS, over the one that was: code under
// test needs no option for it. Every connection must be closed before it goes.
//
// Thread-safe, and so are connections that use it.
//
// A sync reaches no real disk: nothing but this class takes away its power.
class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();

  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  // From now on everything fails with SQLITE_IOERR, and the files are what a
  // disk may hold after a power cut. All that was synced is there. Of what was
  // not, chance decides, and `seed` it:
  //
  // - A write survives by sectors, in any order, so pages may be torn.
  // - A change of a file's size survives or not, whatever its writes do.
  // - A file that was created may be gone and one that was deleted may be back,
  //   unless the folder was synced since. A new file's first sync does that, as
  //   SQLite's unix VFS does it for WAL files and journals, and ext4 for any;
  //   and so does a deletion that asks for it. There is but one folder here.
  //
  // The WAL's index (-shm) is gone.
  void LosePower(uint64_t seed);

  // The same, just before the change that follows the next `changes` ones:
  // writes, truncations, syncs and deletions. So a test reaches each instant
  // within a commit.
  void LosePowerAfter(int changes, uint64_t seed);

  bool has_power() const;

  // Every connection must have been closed since the power went.
  void RestorePower();

  // How often anything was synced.
  int syncs() const;

  // Nothing grows: SQLITE_FULL, or for the WAL's index SQLITE_IOERR_SHMSIZE
  // with ENOSPC.
  void SetFull(bool full);
  bool full() const;

  // Nothing can be changed or synced: SQLITE_IOERR_WRITE, _TRUNCATE, _FSYNC.
  void SetBroken(bool broken);

  // Breaks just before the change that follows the next `changes` ones, unless
  // SetBroken comes first.
  void BreakAfter(int changes);

 private:
  struct File;     // an open one
  struct Methods;  // what SQLite calls

  // Says how a change is to be answered: SQLITE_OK if it is to be made.
  int BeforeChange(int broken_code) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SyncFolders() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutPower(uint64_t seed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;

  mutable absl::Mutex mutex_;
  bool has_power_ ABSL_GUARDED_BY(mutex_) = true;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<int> changes_before_break_ ABSL_GUARDED_BY(mutex_);
  int syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  int open_files_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<int> changes_left_ ABSL_GUARDED_BY(mutex_);
  uint64_t seed_ ABSL_GUARDED_BY(mutex_) = 0;
  // By path: those that were opened since the power last came. Temporary files
  // have none, and nobody misses them.
  std::map<std::string, UnsyncedFile> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_FAULTY_VFS_H_
