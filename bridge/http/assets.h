// The files of the page that the bridge serves.

#ifndef BRIDGE_HTTP_ASSETS_H_
#define BRIDGE_HTTP_ASSETS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace bridge {

struct Asset {
  std::string body;
  std::string content_type;
  std::string etag;  // in quotes
};

// A folder's files, read once, by their URL paths; "/" is index.html.
// Immutable, hence thread-safe.
class Assets {
 public:
  static constexpr size_t kMaxBytes = 64 << 20;

  // No files.
  Assets() = default;

  // NOT_FOUND if `folder` or a file in it can't be read, RESOURCE_EXHAUSTED if
  // it holds more than kMaxBytes.
  static absl::StatusOr<Assets> Load(const std::string& folder);

  // Null if there is none. The asset lives as long as this object.
  const Asset* Find(std::string_view path) const;

 private:
  std::map<std::string, Asset, std::less<>> files_;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_ASSETS_H_
