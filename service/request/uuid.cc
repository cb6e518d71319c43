#include "service/request/uuid.h"

#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"

namespace happiness {

std::string RandomUuid() {
  thread_local absl::BitGen random;
  const uint64_t high = absl::Uniform<uint64_t>(random);
  const uint64_t low = absl::Uniform<uint64_t>(random);
  return absl::StrFormat(
      "%08x-%04x-4%03x-%04x-%012x", high >> 32, (high >> 16) & 0xFFFF,
      high & 0x0FFF,                    // after the version, 4
      ((low >> 48) & 0x3FFF) | 0x8000,  // the variant, binary 10
      low & 0xFFFF'FFFF'FFFF);
}

}  // namespace happiness
