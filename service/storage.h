// All that keeps readings: the store, the log, and the threads that answer
// queries from the store.

#ifndef SERVICE_STORAGE_H_
#define SERVICE_STORAGE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/jetstream/replicated_log.h"
#include "service/log/stored_log.h"
#include "service/rpc/backend.h"
#include "service/store/read_pool.h"
#include "service/store/store.h"

namespace happiness {

// Thread-safe. Outlives the server.
class Storage {
 public:
  // Opens the store in `data_dir`, or one in memory if that is empty. With
  // `replicated` it is a copy of that log; otherwise it is the log. The error
  // is one line for the person who started the program.
  static absl::StatusOr<std::unique_ptr<Storage>> Open(
      const std::string& data_dir, StoredLogOptions options,
      const std::optional<ReplicatedLogOptions>& replicated = {});

  // The log on the store, or the copy there.
  StoredLog* log() const { return log_.get(); }
  // Null if there is none.
  ReplicatedLog* replicated() const { return replicated_.get(); }

  // Where the readings are kept, and which, in a sentence.
  std::string Describe() const;

  // `min_group` as Backend has it.
  Backend backend(size_t min_group = 1) const {
    ReadingLog* log = log_.get();
    if (replicated_ != nullptr) log = replicated_.get();
    return {log, queries_.get(), fills_.get(), min_group};
  }

 private:
  Storage() = default;

  std::string data_dir_;
  std::string servers_;  // where the replicated log is
  // In the order of their lives: what is below uses what is above.
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoredLog> log_;
  std::unique_ptr<ReplicatedLog> replicated_;
  std::unique_ptr<ReadPool> queries_;
  std::unique_ptr<ReadPool> fills_;
};

}  // namespace happiness

#endif  // SERVICE_STORAGE_H_
