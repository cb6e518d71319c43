#include "bridge/framing/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// zlib's way to say gzip, and the largest window.
constexpr int kGzipWindow = 16 + MAX_WBITS;
constexpr int kMemory = 8;  // zlib's default
constexpr size_t kFirstRoom = 4 << 10;

Bytef* Bytes(const char* text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));
}

}  // namespace

std::string Gzip(std::string_view plain) {
  z_stream stream = {};
  // The quickest level, for others wait meanwhile. It fails for want of memory
  // alone, as `new` does.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string member(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = Bytes(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = Bytes(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  deflate(&stream, Z_FINISH);
  member.resize(stream.total_out);
  deflateEnd(&stream);
  return member;
}

absl::StatusOr<std::string> Gunzip(std::string_view member, size_t max_bytes) {
  const size_t usual =
      std::max(kSmallInflation, kMostInflation * member.size());
  max_bytes = std::min(max_bytes, usual);
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  absl::Cleanup end = [&stream] { inflateEnd(&stream); };
  stream.next_in = Bytes(member.data());
  stream.avail_in = static_cast<uInt>(member.size());
  std::string plain;
  // One byte more than is allowed shows that there are more.
  const size_t most = max_bytes + 1;
  int result = Z_OK;
  while (result == Z_OK && plain.size() < most) {
    const size_t made = plain.size();
    plain.resize(std::min(most, std::max(2 * made, kFirstRoom)));
    stream.next_out = Bytes(plain.data() + made);
    stream.avail_out = static_cast<uInt>(plain.size() - made);
    result = inflate(&stream, Z_NO_FLUSH);
    plain.resize(plain.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out > 0) break;
  }
  if (plain.size() > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the message has more than ", max_bytes, " bytes when inflated",
        max_bytes == usual
            ? absl::StrCat(", over ", kMostInflation, " times what was sent")
            : ""));
  }
  if (result != Z_STREAM_END || stream.avail_in > 0) {
    return absl::InvalidArgumentError("not valid gzip, or cut off");
  }
  return plain;
}

}  // namespace bridge
