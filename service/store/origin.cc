#include "service/store/origin.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

std::string Describe(const std::string& log) {
  return log.empty() ? "a log of its own" : absl::StrCat("a copy of ", log);
}

}  // namespace

absl::Status ClaimStore(Database& writer, const std::string& log) {
  std::string known;
  {
    Query query(writer, "SELECT log FROM copy_of");
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (*row) known = query.Text(0);
  }
  if (known == log) return absl::OkStatus();
  const absl::StatusOr<int64_t> last = ReadLastSequence(writer);
  if (!last.ok()) return last.status();
  if (*last > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the readings in it are ", Describe(known), ", not ",
                     Describe(log), ": give another folder"));
  }
  if (absl::Status status = writer.Execute("DELETE FROM copy_of");
      !status.ok() || log.empty()) {
    return status;
  }
  Query query(writer, "INSERT INTO copy_of VALUES (?)");
  query.BindText(1, log);
  return query.Run();
}

}  // namespace happiness
