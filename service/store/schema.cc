#include "service/store/schema.h"

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

// Marks our files, in SQLite's header: "Hapy".
constexpr int64_t kApplicationId = 0x48617079;

absl::StatusOr<int64_t> Pragma(Database& db, const char* sql) {
  Query query(db, sql);
  absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return query.Int(0);
}

absl::Status CheckOwner(Database& db) {
  absl::StatusOr<int64_t> owner = Pragma(db, "PRAGMA application_id");
  if (!owner.ok()) return owner.status();
  absl::StatusOr<int64_t> tables =
      Pragma(db, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*owner == kApplicationId || (*owner == 0 && *tables == 0)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError("it is the database of another program");
}

}  // namespace

const std::vector<std::string>& Migrations() {
  static const auto& migrations = *new std::vector<std::string>{
      R"sql(
-- Places get numbers, from 1, for the sake of space. 0 is the world.
CREATE TABLE places (
  place INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- Times are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE readings (
  sequence INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  observe_time INTEGER NOT NULL,
  record_time INTEGER NOT NULL,  -- never decreases with the sequence
  encoded BLOB NOT NULL          -- the whole happiness.v1.Reading
);
-- In the order of lists. With `place`, since most searches are for some places.
CREATE INDEX readings_by_time ON readings (observe_time, sequence, place);

-- One row: the readings up to `sequence` are no longer kept.
CREATE TABLE horizon (sequence INTEGER NOT NULL);
INSERT INTO horizon VALUES (0);

-- Which ids are taken. A UUID in its usual form is a BLOB of 16 bytes, all
-- else is TEXT.
CREATE TABLE reading_ids (
  reading_id PRIMARY KEY,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;

-- Roll-ups: what the readings of a minute, and of an hour, say together, for
-- each place and the world. `start` is in minutes, or hours, since 1970.
CREATE TABLE minutes (
  place INTEGER NOT NULL,
  start INTEGER NOT NULL,
  count INTEGER NOT NULL,
  sum REAL NOT NULL,
  min REAL NOT NULL,
  max REAL NOT NULL,
  sources BLOB NOT NULL,           -- a SourceSet; empty for the world
  last_sequence INTEGER NOT NULL,  -- of the last reading in it
  PRIMARY KEY (place, start)
) WITHOUT ROWID;
CREATE TABLE hours (
  place INTEGER NOT NULL,
  start INTEGER NOT NULL,
  count INTEGER NOT NULL,
  sum REAL NOT NULL,
  min REAL NOT NULL,
  max REAL NOT NULL,
  sources BLOB NOT NULL,
  PRIMARY KEY (place, start)
) WITHOUT ROWID;
-- For the sake of forgetting the oldest: hours outlive their readings.
CREATE INDEX hours_by_start ON hours (start);
)sql",
      R"sql(
-- At most one row: the log of which all this is a copy. None: it is no copy.
CREATE TABLE copy_of (log TEXT NOT NULL);
)sql",
      R"sql(
-- Sums are in millionths, so that they do not depend on the order in which they
-- were made.
ALTER TABLE minutes RENAME COLUMN sum TO real_sum;
ALTER TABLE minutes ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE minutes SET sum = CAST(round(real_sum * 1e6) AS INTEGER);
ALTER TABLE minutes DROP COLUMN real_sum;
ALTER TABLE hours RENAME COLUMN sum TO real_sum;
ALTER TABLE hours ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE hours SET sum = CAST(round(real_sum * 1e6) AS INTEGER);
ALTER TABLE hours DROP COLUMN real_sum;
)sql",
  };
  return migrations;
}

absl::Status Migrate(Database& db, const std::vector<std::string>& migrations) {
  if (absl::Status status = CheckOwner(db); !status.ok()) return status;
  absl::StatusOr<int64_t> version = Pragma(db, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto newest = static_cast<int64_t>(migrations.size());
  if (*version > newest) {
    return absl::FailedPreconditionError(
        absl::StrCat("a newer service wrote it: its version is ", *version,
                     ", and this service knows those up to ", newest));
  }
  for (int64_t v = *version; v < newest; ++v) {
    absl::Status status = db.Execute(
        absl::StrCat("BEGIN IMMEDIATE;", migrations[static_cast<size_t>(v)],
                     "PRAGMA application_id = ", kApplicationId,
                     ";PRAGMA user_version = ", v + 1, ";COMMIT"));
    if (!status.ok()) {
      db.Execute("ROLLBACK").IgnoreError();
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace happiness
