#include "service/jetstream/subjects.h"

#include "absl/strings/ascii.h"

namespace happiness {

std::string SubjectOf(std::string_view place) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string subject = "readings.";
  for (const char c : place) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '_') {
      subject += c;
    } else {
      subject += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return subject;
}

}  // namespace happiness
