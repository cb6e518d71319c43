// Paths on the command line.

#ifndef FILES_USER_PATH_H_
#define FILES_USER_PATH_H_

#include <string>

namespace files {

// `path` as the user means it: `bazel run` starts a program in a folder of its
// own, and says where the user is. Empty stays empty.
std::string AsTheUserMeansIt(const std::string& path);

}  // namespace files

#endif  // FILES_USER_PATH_H_
