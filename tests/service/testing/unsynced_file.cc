#include "tests/service/testing/unsynced_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace happiness {
namespace {

int64_t SectorOf(int64_t offset) {
  return offset - offset % UnsyncedFile::kSectorSize;
}

// A disk of the test's own that fails is nothing to go on with.
void CheckDisk(bool ok, const std::string& path) {
  if (ok) return;
  std::perror(path.c_str());
  std::abort();
}

// The last of `versions` with this probability, or else any of the others.
template <typename T>
T Pick(const std::vector<T>& versions, double survival,
       std::mt19937_64* random) {
  if (versions.size() == 1 ||
      std::uniform_real_distribution<>(0, 1)(*random) < survival) {
    return versions.back();
  }
  return versions[std::uniform_int_distribution<size_t>(
      0, versions.size() - 2)(*random)];
}

}  // namespace

UnsyncedFile::Versions<UnsyncedFile::Sector>& UnsyncedFile::VersionsAt(
    int64_t offset, Reader read) {
  Versions<Sector>& versions = sectors_[offset];
  if (versions.empty()) versions.push_back(read(offset));
  return versions;
}

void UnsyncedFile::Write(int64_t offset, std::string_view data, Reader read) {
  const int64_t end = offset + static_cast<int64_t>(data.size());
  for (int64_t sector = SectorOf(offset); sector < end; sector += kSectorSize) {
    Versions<Sector>& versions = VersionsAt(sector, read);
    Sector written = versions.back();
    // SQLite counts on what is beside a write staying as it is.
    const int64_t from = std::max(sector, offset);
    const int64_t to = std::min(sector + kSectorSize, end);
    std::copy(data.begin() + (from - offset), data.begin() + (to - offset),
              written.begin() + (from - sector));
    versions.push_back(written);
  }
  if (end > size()) sizes_.push_back(end);
}

void UnsyncedFile::Truncate(int64_t size, Reader read) {
  for (int64_t sector = SectorOf(size); sector < this->size();
       sector += kSectorSize) {
    Versions<Sector>& versions = VersionsAt(sector, read);
    Sector cut = versions.back();
    std::fill(cut.begin() + std::max<int64_t>(0, size - sector), cut.end(), 0);
    versions.push_back(cut);
  }
  sizes_.push_back(size);
}

void UnsyncedFile::Remove(Reader read) {
  Truncate(0, read);
  exists_.push_back(false);
}

void UnsyncedFile::Create() {
  if (!exists_.back()) exists_.push_back(true);
}

void UnsyncedFile::Sync() {
  sectors_.clear();
  sizes_ = {sizes_.back()};
  exists_ = {true};
}

void UnsyncedFile::SyncEntry() {
  exists_ = {exists_.back()};
  if (exists_.back()) return;
  sectors_.clear();
  sizes_ = {0};
}

void UnsyncedFile::LosePower(const std::string& path,
                             std::mt19937_64* random) const {
  // From nothing to everything, both included.
  const double survival =
      std::clamp(std::uniform_real_distribution<>(-0.2, 1.2)(*random), 0., 1.);
  if (!Pick(exists_, survival, random)) {
    unlink(path.c_str());
    return;
  }
  const int file = open(path.c_str(), O_RDWR | O_CREAT, 0666);
  CheckDisk(file >= 0, path);
  for (const auto& [offset, versions] : sectors_) {
    const Sector sector = Pick(versions, survival, random);
    CheckDisk(pwrite(file, sector.data(), sector.size(), offset) == kSectorSize,
              path);
  }
  CheckDisk(ftruncate(file, Pick(sizes_, survival, random)) == 0, path);
  close(file);
}

}  // namespace happiness
