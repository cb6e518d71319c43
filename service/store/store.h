// Where the readings are kept: one SQLite database, in a folder or in memory.

#ifndef SERVICE_STORE_STORE_H_
#define SERVICE_STORE_STORE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/data_dir.h"
#include "service/store/database.h"

namespace happiness {

// Makes connections to the database: one that writes, and any number that read.
// In a folder, readers and the writer never wait for each other, and what is
// committed survives a loss of power; in memory they take turns, and all ends
// with the Store and its connections.
//
// Thread-safe. Outlives its connections.
class Store {
 public:
  // `data_dir` empty: in memory. The error is one line for the person who
  // started the program, and names the folder.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      const std::string& data_dir);

  // In memory. Can't fail but for want of it, which ends the program.
  static std::unique_ptr<Store> InMemory();

  // The tables are there. Only one connection may write at a time.
  absl::StatusOr<Database> ConnectWriter() const;
  absl::StatusOr<Database> ConnectReader() const;

  bool in_memory() const { return !dir_.has_value(); }

  // What a connection said when it was first used, for the person who started
  // the program.
  absl::Status Explain(const absl::Status& status) const;

 private:
  Store() = default;

  absl::Status SetUp();

  std::string data_dir_;  // as it was given
  std::optional<DataDir> dir_;
  std::string path_;
  // In memory, the database lives as long as it has a connection.
  std::optional<Database> first_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_STORE_H_
