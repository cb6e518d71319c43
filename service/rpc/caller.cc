#include "service/rpc/caller.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

constexpr size_t kMaxIdBytes = 64;

bool IsId(grpc::string_ref text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string DescribeCaller(const grpc::CallbackServerContext& context) {
  const auto id = context.client_metadata().find("x-request-id");
  if (id == context.client_metadata().end() || !IsId(id->second)) {
    return context.peer();
  }
  return absl::StrCat(context.peer(), " (request ",
                      std::string(id->second.data(), id->second.size()), ")");
}

}  // namespace happiness
