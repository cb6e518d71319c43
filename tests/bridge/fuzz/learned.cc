#include "tests/bridge/fuzz/learned.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/spdlog.h>

#include "tests/fuzz/require.h"

namespace bridge {

void CheckPaths(const Catalog& catalog) {
  for (const Method& method : catalog.methods()) {
    const auto route = catalog.Find("POST", method.path);
    fuzz::Require(route.ok() && route->method == &method &&
                      route->body.kind == Body::kWhole,
                  "every method is at its own path");
  }
}

}  // namespace bridge

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  spdlog::set_level(spdlog::level::off);
  return 0;
}
