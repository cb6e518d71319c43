#include "service/store/database.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace happiness {
namespace {

// SQLite's own way of waiting sleeps for up to 100 ms at a time: too long where
// readers and the writer take turns.
constexpr absl::Duration kBusyPause = absl::Microseconds(200);

int WaitABit(void* tries, int tried) {
  if (tried >= reinterpret_cast<intptr_t>(tries)) return 0;
  absl::SleepFor(kBusyPause);
  return 1;
}

// SQLite must not count its memory for all connections together, under one
// lock: nobody asks. Works before the first connection only.
void ConfigureOnce() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(configured);
}

// Growing WAL's shared memory on a full disk, say, is an I/O error to SQLite.
// `system_error` is of the last error of this kind, however long ago.
bool IsFull(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return true;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return system_error == ENOSPC || system_error == EDQUOT;
    default:
      return false;
  }
}

}  // namespace

absl::Status FromSqlite(int code, std::string_view message) {
  const std::string text(message);
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(text);
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_LOCKED:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::UnavailableError(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    default:
      return absl::InternalError(text);
  }
}

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode) {
  ConfigureOnce();
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  // A reading connection writes all the same: WAL's shared memory.
  flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database db(handle);
  if (code != SQLITE_OK) {
    return handle == nullptr ? FromSqlite(code, sqlite3_errstr(code))
                             : db.LastError();
  }
  db.SetBusyTimeout(kBusyTimeout);
  if (mode == Mode::kRead) {
    if (absl::Status status = db.Execute("PRAGMA query_only = ON");
        !status.ok()) {
      return status;
    }
  }
  return db;
}

absl::Status Database::Execute(const std::string& sql) {
  const int code =
      sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : LastError();
}

void Database::SetBusyTimeout(absl::Duration timeout) {
  const int64_t tries = timeout / kBusyPause;
  sqlite3_busy_handler(handle(), &WaitABit, reinterpret_cast<void*>(tries));
}

absl::Status Database::LastError() const {
  const int code = sqlite3_extended_errcode(handle());
  if (IsFull(code, sqlite3_system_errno(handle()))) {
    return FromSqlite(SQLITE_FULL, sqlite3_errstr(SQLITE_FULL));
  }
  return FromSqlite(code, sqlite3_errmsg(handle()));
}

sqlite3_stmt* Database::Prepare(const char* sql, absl::Status* status) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &prepared, nullptr) != SQLITE_OK) {
      *status = LastError();
    }
    statement.reset(prepared);
  }
  return statement.get();
}

Query::Query(Database& db, const char* sql)
    : db_(db), statement_(db.Prepare(sql, &status_)) {}

// Elsewhere SQLite takes null for a statement, and does nothing.
Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
}

void Query::BindReal(int parameter, double value) {
  sqlite3_bind_double(statement_, parameter, value);
}

void Query::BindText(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_, parameter, text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Query::BindBlob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(statement_, parameter, bytes.data(), bytes.size(),
                      SQLITE_STATIC);
}

absl::StatusOr<bool> Query::Step() {
  if (!status_.ok()) return status_;
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return db_.LastError();
  }
}

int64_t Query::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Query::Real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view Query::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Query::Blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

absl::Status Query::Run() { return Step().status(); }

void Query::Reset() { sqlite3_reset(statement_); }

// A transaction that can't begin reads each statement of its own moment; that
// the connection is useless, the statements say themselves.
Snapshot::Snapshot(Database& db) : db_(db) {
  Query(db_, "BEGIN").Run().IgnoreError();
}

Snapshot::~Snapshot() { Query(db_, "COMMIT").Run().IgnoreError(); }

}  // namespace happiness
