// The folder of a store: made, and held against a second process.

#ifndef SERVICE_STORE_DATA_DIR_H_
#define SERVICE_STORE_DATA_DIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace happiness {

// Holds the folder from Open to its destruction; the system lets go of it when
// the process ends, however it does.
class DataDir {
 public:
  // Makes the folder, and those above it, if need be. What it makes, the
  // database's file among it, is for the owner alone. The error says what is
  // wrong: another process holds it (FAILED_PRECONDITION), it can't be made or
  // written (UNAVAILABLE).
  static absl::StatusOr<DataDir> Open(const std::string& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  // The database in it.
  std::string DatabasePath() const;

 private:
  DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;  // a file descriptor
};

}  // namespace happiness

#endif  // SERVICE_STORE_DATA_DIR_H_
