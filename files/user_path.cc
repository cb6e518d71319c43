#include "files/user_path.h"

#include <cstdlib>
#include <filesystem>

namespace files {

std::string AsTheUserMeansIt(const std::string& path) {
  const char* const user_is_in = std::getenv("BUILD_WORKING_DIRECTORY");
  if (path.empty() || user_is_in == nullptr) return path;
  return (std::filesystem::path(user_is_in) / path).string();
}

}  // namespace files
