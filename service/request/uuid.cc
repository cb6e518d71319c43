#include "service/request/uuid.h"

#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace happiness {

std::string NewUuid() {
  thread_local absl::BitGen random;
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(absl::Now()));
  const uint64_t high = absl::Uniform<uint64_t>(random);
  const uint64_t low = absl::Uniform<uint64_t>(random);
  return absl::StrFormat("%08x-%04x-7%03x-%04x-%012x",
                         (millis >> 16) & 0xFFFF'FFFF, millis & 0xFFFF,
                         high & 0x0FFF,                    // after the version
                         ((low >> 48) & 0x3FFF) | 0x8000,  // variant, binary 10
                         low & 0xFFFF'FFFF'FFFF);
}

}  // namespace happiness
