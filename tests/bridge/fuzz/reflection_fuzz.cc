// Whatever a server says to the questions of reflection: it ends, with a
// catalog or with an error.
//
// The input is the server's answers, each with its length in two bytes before
// it; behind the last one the server is gone.

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/upstream/learn_catalog.h"
#include "tests/bridge/fuzz/learned.h"
#include "tests/bridge/fuzz/told.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

using fuzz::Require;

absl::StatusOr<grpc::ByteBuffer> TakeAnswer(std::string_view* answers) {
  if (answers->size() < 2) return absl::UnavailableError("gone");
  const size_t length = static_cast<uint8_t>((*answers)[0]) * 256 +
                        static_cast<uint8_t>((*answers)[1]);
  answers->remove_prefix(2);
  const std::string_view answer = answers->substr(0, length);
  answers->remove_prefix(answer.size());
  return ToByteBuffer(answer);
}

void Fuzz(std::string_view answers) {
  size_t questions = 0;
  const auto catalog = LearnCatalog([&](const grpc::ByteBuffer& question) {
    ++questions;
    Require(question.Length() > 0, "a question asks for something");
    return TakeAnswer(&answers);
  });
  Require(questions > 0, "it asks");
  if (!catalog.ok()) return CheckRefusal(catalog.status());
  Require(!(*catalog)->methods().empty(), "a catalog has methods");
  CheckPaths(**catalog);
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bridge::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
