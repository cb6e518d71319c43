// A log that hands everything on to another: for tests that watch or hold up
// some of it.

#ifndef TESTS_SERVICE_FORWARDING_LOG_H_
#define TESTS_SERVICE_FORWARDING_LOG_H_

#include <memory>
#include <utility>
#include <vector>

#include "service/log/reading_log.h"

namespace happiness {

class ForwardingLog : public ReadingLog {
 public:
  explicit ForwardingLog(ReadingLog* log) : log_(log) {}

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override {
    log_->Append(std::move(readings), std::move(done));
  }
  LogExtent Extent() const override { return log_->Extent(); }
  absl::StatusOr<std::vector<EntryPtr>> ReadAfter(int64_t sequence,
                                                  size_t limit) const override {
    return log_->ReadAfter(sequence, limit);
  }
  void ReadStored(int64_t sequence, std::shared_ptr<const Search> search,
                  size_t limit, StretchCallback done) override {
    log_->ReadStored(sequence, std::move(search), limit, std::move(done));
  }
  void Locate(const Start& start, std::shared_ptr<const Search> search,
              LocateCallback done) override {
    log_->Locate(start, std::move(search), std::move(done));
  }
  bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) override {
    return log_->Wait(sequence, std::move(waiter));
  }
  void StopWaiting(const std::shared_ptr<Waiter>& waiter) override {
    log_->StopWaiting(waiter);
  }
  void HelpToWake() override { log_->HelpToWake(); }

 private:
  ReadingLog* const log_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_FORWARDING_LOG_H_
