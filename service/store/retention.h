// Lets the oldest readings go.

#ifndef SERVICE_STORE_RETENTION_H_
#define SERVICE_STORE_RETENTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/store/database.h"

namespace happiness {

// What is kept.
struct RetentionOptions {
  absl::Duration age =
      absl::Hours(720);  // of readings, since they were recorded
  int64_t readings = 0;  // at most so many; 0: any number
  absl::Duration history = absl::Hours(87'600);  // of roll-ups by the hour
};

// Works in steps so small that a commit may come before and after each. Belongs
// to the thread that writes, which calls Step when IsDue.
class Retention {
 public:
  explicit Retention(const RetentionOptions& options) : options_(options) {}

  // Whether readings may be too old, or are too many. Those that are kept
  // follow `horizon`, up to `last`.
  bool IsDue(absl::Time now, int64_t horizon, int64_t last) const;

  // When IsDue becomes true, if nothing is recorded until then.
  absl::Time due() const { return due_; }

  // Deletes up to `limit` of the oldest readings that follow `horizon`, in a
  // transaction of its own, and now and then some old roll-ups, and places of
  // which nothing is left. Returns the new horizon. After an error nothing has
  // changed, and it is due again later.
  absl::StatusOr<int64_t> Step(Database& writer, absl::Time now,
                               int64_t horizon, int64_t last, int64_t limit);

  // The readings up to `sequence` are not kept any more, whatever their age.
  void LetGoTo(int64_t sequence) { gone_ = sequence; }

  // The names of the places that the last step has deleted.
  const std::vector<std::string>& forgotten_places() const {
    return forgotten_places_;
  }

 private:
  absl::StatusOr<int64_t> Delete(Database& db, absl::Time now, int64_t horizon,
                                 int64_t last, int64_t limit);

  const RetentionOptions options_;
  absl::Time due_ = absl::InfinitePast();
  absl::Time paused_until_ = absl::InfinitePast();  // after an error
  absl::Time hours_due_ = absl::InfinitePast();
  int64_t gone_ = 0;
  int64_t last_place_ = 0;  // that was looked at
  std::vector<std::string> forgotten_places_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_RETENTION_H_
