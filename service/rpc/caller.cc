#include "service/rpc/caller.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "bridge/request_id.h"

namespace happiness {

std::string DescribeCaller(const grpc::CallbackServerContext& context) {
  const auto found = context.client_metadata().find(bridge::kRequestId);
  if (found == context.client_metadata().end()) return context.peer();
  const std::string_view id(found->second.data(), found->second.size());
  if (!bridge::IsRequestId(id)) return context.peer();
  return absl::StrCat(context.peer(), " (request ", std::string(id), ")");
}

}  // namespace happiness
