// What a disk may still lose of one file.

#ifndef TESTS_SERVICE_TESTING_UNSYNCED_FILE_H_
#define TESTS_SERVICE_TESTING_UNSYNCED_FILE_H_

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace happiness {

// Keeps every content that each sector of the file had since the last sync, and
// every size: after a power cut the disk may hold any of them, each sector
// independently of the others. Costs memory for what is not synced alone. Not
// thread-safe.
class UnsyncedFile {
 public:
  // A disk writes a sector whole or not at all.
  static constexpr int64_t kSectorSize = 512;
  using Sector = std::array<char, kSectorSize>;

  // Reads the sector that begins at `offset` as it is now; zeros behind the end
  // of the file.
  using Reader = absl::FunctionRef<Sector(int64_t offset)>;

  // A file with `size` bytes, which the disk holds; or an empty one that is
  // just being created, which the disk does not.
  explicit UnsyncedFile(int64_t size) : sizes_{size}, exists_{true} {}
  UnsyncedFile() : sizes_{0}, exists_{false, true} {}

  int64_t size() const { return sizes_.back(); }

  // To be called just before the same is done to the file.
  void Write(int64_t offset, std::string_view data, Reader read);
  void Truncate(int64_t size, Reader read);
  void Remove(Reader read);
  void Create();

  // The disk holds all of the file, and that it exists.
  void Sync();

  // The disk holds that the file exists, or that it does not.
  void SyncEntry();
  bool is_entry_synced() const { return exists_.size() == 1; }

  // Makes the file at `path` what the disk may hold.
  void LosePower(const std::string& path, std::mt19937_64* random) const;

 private:
  // From the one that the disk holds to the present one.
  template <typename T>
  using Versions = std::vector<T>;

  Versions<Sector>& VersionsAt(int64_t offset, Reader read);

  std::map<int64_t, Versions<Sector>> sectors_;  // by offset
  Versions<int64_t> sizes_;
  Versions<bool> exists_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_UNSYNCED_FILE_H_
