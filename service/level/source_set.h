// How many different sources contributed to a level, as far as --min_group
// asks.

#ifndef SERVICE_LEVEL_SOURCE_SET_H_
#define SERVICE_LEVEL_SOURCE_SET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace happiness {

// What stands for a source in a SourceSet. The same for ever, since it is
// stored. Two sources with the same hash count as one: on the side of privacy.
uint32_t HashOfSource(std::string_view source);

// The first kMax different sources of any number of readings: so many that it
// can be said whether they are at least a group. A value.
class SourceSet {
 public:
  // The largest --min_group.
  static constexpr size_t kMax = 20;

  void Add(uint32_t hash);
  void Merge(const SourceSet& other);
  void Clear() { hashes_.clear(); }

  size_t size() const { return hashes_.size(); }

  // The set as it is stored, and back. What is no such set is empty.
  std::string ToBytes() const;
  static SourceSet FromBytes(std::string_view bytes);

  friend bool operator==(const SourceSet& a, const SourceSet& b) {
    return a.hashes_ == b.hashes_;
  }

 private:
  absl::InlinedVector<uint32_t, 2> hashes_;  // sorted, different, kMax at most
};

}  // namespace happiness

#endif  // SERVICE_LEVEL_SOURCE_SET_H_
