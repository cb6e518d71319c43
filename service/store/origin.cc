#include "service/store/origin.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

std::string Describe(const std::string& log) {
  return log.empty() ? "a log of its own" : absl::StrCat("a copy of ", log);
}

absl::Status Refuse(const std::string& is, const std::string& wanted) {
  return absl::FailedPreconditionError(absl::StrCat("the readings in it are ",
                                                    is, ", not ", wanted,
                                                    ": give another folder"));
}

// Empty: it numbers its readings itself, or has none yet.
absl::StatusOr<std::string> ReadOrigin(Database& db) {
  Query query(db, "SELECT log FROM copy_of");
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return *row ? std::string(query.Text(0)) : "";
}

}  // namespace

absl::Status ClaimStore(Database& writer, const std::string& log) {
  const absl::StatusOr<std::string> known = ReadOrigin(writer);
  if (!known.ok()) return known.status();
  if (*known == log) return absl::OkStatus();
  const absl::StatusOr<int64_t> last = ReadLastSequence(writer);
  if (!last.ok()) return last.status();
  if (*last > 0) return Refuse(Describe(*known), Describe(log));
  if (absl::Status status = writer.Execute("DELETE FROM copy_of");
      !status.ok() || log.empty()) {
    return status;
  }
  Query query(writer, "INSERT INTO copy_of VALUES (?)");
  query.BindText(1, log);
  return query.Run();
}

absl::Status CheckIsCopy(Database& db) {
  const absl::StatusOr<std::string> known = ReadOrigin(db);
  if (!known.ok()) return known.status();
  const absl::StatusOr<int64_t> last = ReadLastSequence(db);
  if (!last.ok()) return last.status();
  if (!known->empty() || *last == 0) return absl::OkStatus();
  return Refuse(Describe(*known), "a copy");
}

}  // namespace happiness
