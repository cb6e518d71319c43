// SQLite, with absl::Status for its errors.
//
//   absl::StatusOr<Database> db = Database::Open(path, Database::Mode::kRead);
//   Query query(*db, "SELECT name FROM places WHERE place = ?");
//   query.Bind(1, place);
//   absl::StatusOr<bool> row = query.Step();
//   if (row.ok() && *row) Use(query.Text(0));

#ifndef SERVICE_STORE_DATABASE_H_
#define SERVICE_STORE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace happiness {

// What an error of SQLite is to us:
// - RESOURCE_EXHAUSTED: the disk is full, or the memory
// - UNAVAILABLE: the disk can't be read or written just now
// - DATA_LOSS: the file is damaged, or is no database
// - INTERNAL: everything else, which is a mistake of ours
absl::Status FromSqlite(int code, std::string_view message);

// One connection. One thread may use it at a time.
class Database {
 public:
  enum class Mode {
    kCreate,  // read and write; the file is made if it is not there
    kRead,
  };

  // `path` may be a URI ("file:..."). The error names no path.
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode);

  // Runs statements that give no rows, or whose rows are not wanted.
  absl::Status Execute(const std::string& sql);

  // So long one connection waits for another. The writer's is the only one that
  // writes to a file; in memory, readers and the writer take turns.
  static constexpr absl::Duration kBusyTimeout = absl::Seconds(10);
  void SetBusyTimeout(absl::Duration timeout);

  // How many rows the last statement has changed.
  int64_t changes() const { return sqlite3_changes64(db_.get()); }

  // Its file, or what is beside it, may not be written.
  bool is_read_only() const {
    return sqlite3_db_readonly(handle(), "main") == 1;
  }

  sqlite3* handle() const { return db_.get(); }

 private:
  friend class Query;

  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const {
      sqlite3_finalize(statement);
    }
  };

  explicit Database(sqlite3* db) : db_(db) {}

  // The prepared statement for `sql`, or null and the reason in `status`.
  sqlite3_stmt* Prepare(const char* sql, absl::Status* status);

  absl::Status LastError() const;

  std::unique_ptr<sqlite3, Close> db_;
  // By text. All texts are constants of our code, so there are few.
  absl::flat_hash_map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalize>>
      statements_;
};

// One run of a statement. Statements are prepared once for each connection, so
// there must not be two Querys of the same text at a time.
class Query {
 public:
  // `sql` must be a constant of the program: the connection keeps it.
  Query(Database& db, const char* sql);
  ~Query();

  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Parameters count from 1. Text and blobs must live as long as the Query.
  void Bind(int parameter, int64_t value);
  void BindReal(int parameter, double value);
  void BindText(int parameter, std::string_view text);
  void BindBlob(int parameter, std::string_view bytes);

  // Whether there is a next row. What stands in columns, which count from 0,
  // lives until the next step.
  absl::StatusOr<bool> Step();
  int64_t Int(int column) const;
  double Real(int column) const;
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;

  // For a statement that gives no rows.
  absl::Status Run();

  // Ready to be bound and run again.
  void Reset();

 private:
  Database& db_;
  absl::Status status_;
  sqlite3_stmt* statement_;
};

// Everything that is read while it lives is of the same moment. It must be
// short: what the writer writes meanwhile piles up.
class Snapshot {
 public:
  explicit Snapshot(Database& db);
  ~Snapshot();

  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& db_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_DATABASE_H_
