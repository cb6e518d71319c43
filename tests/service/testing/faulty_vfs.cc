#include "tests/service/testing/faulty_vfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>

namespace happiness {

using Sector = UnsyncedFile::Sector;

// SQLite gives its memory: this, and behind it the real VFS's own file.
struct FaultyVfs::File : sqlite3_file {
  FaultyVfs* vfs;
  UnsyncedFile* unsynced ABSL_PT_GUARDED_BY(vfs->mutex_);  // null: temporary

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

// Changes hold the lock alone, so that the power goes before or after each;
// everything else shares it. None of the calls below waits for another
// connection.
struct FaultyVfs::Methods {
  static FaultyVfs* Self(sqlite3_vfs* vfs) {
    return static_cast<FaultyVfs*>(vfs->pAppData);
  }

  static File* Cast(sqlite3_file* file) { return static_cast<File*>(file); }

  // A method that the real file answers, if there is power.
  template <auto kMethod, typename... Arguments>
  static int PassOn(sqlite3_file* file, Arguments... arguments) {
    File* self = Cast(file);
    absl::ReaderMutexLock lock(&self->vfs->mutex_);
    if (!self->vfs->has_power_) return SQLITE_IOERR;
    return (self->real()->pMethods->*kMethod)(self->real(), arguments...);
  }

  // One that it answers even without: what gives something back.
  template <auto kMethod, typename Result, typename... Arguments>
  static Result Always(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* real = Cast(file)->real();
    return (real->pMethods->*kMethod)(real, arguments...);
  }

  static Sector ReadSector(File* file, int64_t offset) {
    Sector sector;
    // Fills with zeros what is behind the end.
    file->real()->pMethods->xRead(file->real(), sector.data(),
                                  UnsyncedFile::kSectorSize, offset);
    return sector;
  }

  static int Close(sqlite3_file* file) {
    File* self = Cast(file);
    absl::MutexLock lock(&self->vfs->mutex_);
    --self->vfs->open_files_;
    return self->real()->pMethods->xClose(self->real());
  }

  static int64_t SizeOf(File* file)
      ABSL_SHARED_LOCKS_REQUIRED(file->vfs->mutex_) {
    if (file->unsynced != nullptr) return file->unsynced->size();
    sqlite3_int64 size = 0;
    file->real()->pMethods->xFileSize(file->real(), &size);
    return size;
  }

  static int Write(sqlite3_file* file, const void* data, int size,
                   sqlite3_int64 offset) {
    File* self = Cast(file);
    absl::MutexLock lock(&self->vfs->mutex_);
    const int refusal = self->vfs->BeforeChange(SQLITE_IOERR_WRITE);
    if (refusal != SQLITE_OK) return refusal;
    if (self->vfs->full_ && offset + size > SizeOf(self)) return SQLITE_FULL;
    if (self->unsynced != nullptr) {
      self->unsynced->Write(
          offset, {static_cast<const char*>(data), static_cast<size_t>(size)},
          [self](int64_t at) { return ReadSector(self, at); });
    }
    return self->real()->pMethods->xWrite(self->real(), data, size, offset);
  }

  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    File* self = Cast(file);
    absl::MutexLock lock(&self->vfs->mutex_);
    const int refusal = self->vfs->BeforeChange(SQLITE_IOERR_TRUNCATE);
    if (refusal != SQLITE_OK) return refusal;
    if (self->vfs->full_ && size > SizeOf(self)) return SQLITE_FULL;
    if (self->unsynced != nullptr) {
      self->unsynced->Truncate(
          size, [self](int64_t at) { return ReadSector(self, at); });
    }
    return self->real()->pMethods->xTruncate(self->real(), size);
  }

  static int Sync(sqlite3_file* file, int /*flags*/) {
    File* self = Cast(file);
    absl::MutexLock lock(&self->vfs->mutex_);
    const int refusal = self->vfs->BeforeChange(SQLITE_IOERR_FSYNC);
    ++self->vfs->syncs_;
    if (refusal != SQLITE_OK || self->unsynced == nullptr) return refusal;
    if (!self->unsynced->is_entry_synced()) self->vfs->SyncFolders();
    self->unsynced->Sync();
    return SQLITE_OK;
  }

  static int FileControl(sqlite3_file* file, int operation, void* argument) {
    // The real VFS would make the file larger behind our back.
    if (operation == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
    return PassOn<&sqlite3_io_methods::xFileControl>(file, operation, argument);
  }

  static int DeviceCharacteristics(sqlite3_file* file) {
    // What the test's own file system promises beyond this is not ours to
    // promise.
    sqlite3_file* real = Cast(file)->real();
    return real->pMethods->xDeviceCharacteristics(real) &
           SQLITE_IOCAP_POWERSAFE_OVERWRITE;
  }

  // As the unix VFS says that there is no room for more of the WAL's index.
  static int ShmMap(sqlite3_file* file, int region, int size, int extend,
                    void volatile** memory) {
    constexpr auto kMethod = &sqlite3_io_methods::xShmMap;
    FaultyVfs* vfs = Cast(file)->vfs;
    if (extend == 0 || !vfs->full()) {
      return PassOn<kMethod>(file, region, size, extend, memory);
    }
    const int result = PassOn<kMethod>(file, region, size, 0, memory);
    if (result != SQLITE_OK || *memory != nullptr) return result;
    errno = ENOSPC;
    return SQLITE_IOERR_SHMSIZE;
  }

  static int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
    constexpr auto kMethod = &sqlite3_io_methods::xShmLock;
    return (flags & SQLITE_SHM_UNLOCK) != 0
               ? Always<kMethod, int>(file, offset, count, flags)
               : PassOn<kMethod>(file, offset, count, flags);
  }

  // Null: read it instead. A mapped file would be read past us.
  static int Fetch(sqlite3_file*, sqlite3_int64, int, void** page) {
    *page = nullptr;
    return SQLITE_OK;
  }

  static int Unfetch(sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; }

  static constexpr sqlite3_io_methods kOfFile = {
      .iVersion = 3,
      .xClose = Close,
      .xRead = PassOn<&sqlite3_io_methods::xRead>,
      .xWrite = Write,
      .xTruncate = Truncate,
      .xSync = Sync,
      .xFileSize = PassOn<&sqlite3_io_methods::xFileSize>,
      .xLock = PassOn<&sqlite3_io_methods::xLock>,
      .xUnlock = Always<&sqlite3_io_methods::xUnlock>,
      .xCheckReservedLock = PassOn<&sqlite3_io_methods::xCheckReservedLock>,
      .xFileControl = FileControl,
      .xSectorSize = Always<&sqlite3_io_methods::xSectorSize>,
      .xDeviceCharacteristics = DeviceCharacteristics,
      .xShmMap = ShmMap,
      .xShmLock = ShmLock,
      .xShmBarrier = Always<&sqlite3_io_methods::xShmBarrier>,
      .xShmUnmap = Always<&sqlite3_io_methods::xShmUnmap>,
      .xFetch = Fetch,
      .xUnfetch = Unfetch,
  };

  // What is known of the file at `path`, which is open as `file`.
  static UnsyncedFile* Track(File* file, const char* path, bool existed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file->vfs->mutex_) {
    auto& files = file->vfs->files_;
    auto known = files.find(path);
    if (known != files.end()) {
      known->second.Create();
    } else if (existed) {
      known = files.emplace(path, SizeOf(file)).first;
    } else {
      known = files.try_emplace(path).first;
    }
    return &known->second;
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* memory,
                  int flags, int* out_flags) {
    sqlite3_vfs* real = Self(vfs)->real_;
    File* file = new (memory) File{{nullptr}, Self(vfs), nullptr};
    absl::MutexLock lock(&file->vfs->mutex_);
    if (!file->vfs->has_power_) return SQLITE_IOERR;
    const bool existed = path != nullptr && access(path, F_OK) == 0;
    const int result = real->xOpen(real, path, file->real(), flags, out_flags);
    if (result != SQLITE_OK) {
      const sqlite3_io_methods* methods = file->real()->pMethods;
      if (methods != nullptr) methods->xClose(file->real());
      return result;
    }
    file->pMethods = &kOfFile;
    ++file->vfs->open_files_;
    if (path != nullptr) file->unsynced = Track(file, path, existed);
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    FaultyVfs* self = Self(vfs);
    absl::MutexLock lock(&self->mutex_);
    const int refusal = self->BeforeChange(SQLITE_IOERR_DELETE);
    if (refusal != SQLITE_OK) return refusal;
    if (auto known = self->files_.find(path); known != self->files_.end()) {
      // Only what SQLite takes no locks on is deleted: closing another
      // descriptor of a file gives up all of the process's.
      const int file = open(path, O_RDONLY | O_CLOEXEC);
      known->second.Remove([file](int64_t offset) {
        Sector sector{};
        if (pread(file, sector.data(), sector.size(), offset) < 0) {
          sector.fill(0);
        }
        return sector;
      });
      close(file);
    }
    if (sync_folder != 0) self->SyncFolders();
    return self->real_->xDelete(self->real_, path, /*syncDir=*/0);
  }

  static int Access(sqlite3_vfs* vfs, const char* path, int flags,
                    int* result) {
    FaultyVfs* self = Self(vfs);
    absl::ReaderMutexLock lock(&self->mutex_);
    if (!self->has_power_) return SQLITE_IOERR;
    return self->real_->xAccess(self->real_, path, flags, result);
  }
};

FaultyVfs::FaultyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  // The unix VFS's other methods don't care whose they are.
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.zName = "faulty";
  vfs_.pAppData = this;
  vfs_.xOpen = Methods::Open;
  vfs_.xDelete = Methods::Delete;
  vfs_.xAccess = Methods::Access;
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
}

// The one that was the default becomes it again.
FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&vfs_); }

int FaultyVfs::BeforeChange(int broken_code) {
  if (changes_left_ && (*changes_left_)-- == 0) CutPower(seed_);
  if (!has_power_) return SQLITE_IOERR;
  if (changes_before_break_ && (*changes_before_break_)-- == 0) {
    changes_before_break_.reset();
    broken_ = true;
  }
  return broken_ ? broken_code : SQLITE_OK;
}

void FaultyVfs::SyncFolders() {
  for (auto& [path, file] : files_) file.SyncEntry();
}

void FaultyVfs::CutPower(uint64_t seed) {
  has_power_ = false;
  changes_left_.reset();
  std::mt19937_64 random(seed);
  for (const auto& [path, file] : files_) {
    file.LosePower(path, &random);
    unlink((path + "-shm").c_str());
  }
  files_.clear();
}

void FaultyVfs::LosePower(uint64_t seed) {
  absl::MutexLock lock(&mutex_);
  if (has_power_) CutPower(seed);
}

void FaultyVfs::LosePowerAfter(int changes, uint64_t seed) {
  absl::MutexLock lock(&mutex_);
  changes_left_ = changes;
  seed_ = seed;
}

bool FaultyVfs::has_power() const {
  absl::MutexLock lock(&mutex_);
  return has_power_;
}

void FaultyVfs::RestorePower() {
  absl::MutexLock lock(&mutex_);
  if (open_files_ != 0) {
    std::fprintf(stderr, "%d files are still open\n", open_files_);
    std::abort();
  }
  has_power_ = true;
}

int FaultyVfs::syncs() const {
  absl::MutexLock lock(&mutex_);
  return syncs_;
}

bool FaultyVfs::full() const {
  absl::MutexLock lock(&mutex_);
  return full_;
}

void FaultyVfs::SetFull(bool full) {
  absl::MutexLock lock(&mutex_);
  full_ = full;
}

void FaultyVfs::SetBroken(bool broken) {
  absl::MutexLock lock(&mutex_);
  broken_ = broken;
  changes_before_break_.reset();
}

void FaultyVfs::BreakAfter(int changes) {
  absl::MutexLock lock(&mutex_);
  changes_before_break_ = changes;
}

}  // namespace happiness
