#include "service/level/source_set.h"

#include <algorithm>

namespace happiness {

// FNV-1a, by Fowler, Noll and Vo.
uint32_t HashOfSource(std::string_view source) {
  uint32_t hash = 2'166'136'261;
  for (const char c : source) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16'777'619;
  }
  return hash;
}

void SourceSet::Add(uint32_t hash) {
  if (hashes_.size() == kMax) return;
  const auto place = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (place == hashes_.end() || *place != hash) hashes_.insert(place, hash);
}

void SourceSet::Merge(const SourceSet& other) {
  for (const uint32_t hash : other.hashes_) Add(hash);
}

std::string SourceSet::ToBytes() const {
  std::string bytes;
  bytes.reserve(hashes_.size() * sizeof(uint32_t));
  for (const uint32_t hash : hashes_) {
    for (int shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>(hash >> shift & 0xFF);
    }
  }
  return bytes;
}

SourceSet SourceSet::FromBytes(std::string_view bytes) {
  SourceSet set;
  if (bytes.size() % sizeof(uint32_t) != 0) return set;
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint32_t)) {
    uint32_t hash = 0;
    for (size_t byte = 0; byte < sizeof(uint32_t); ++byte) {
      hash |= uint32_t{static_cast<uint8_t>(bytes[i + byte])} << (8 * byte);
    }
    set.Add(hash);
  }
  return set;
}

}  // namespace happiness
