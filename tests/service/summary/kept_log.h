// A log whose readings a test says in short, and whose store it can reach.

#ifndef TESTS_SERVICE_SUMMARY_KEPT_LOG_H_
#define TESTS_SERVICE_SUMMARY_KEPT_LOG_H_

#include <memory>
#include <string>
#include <vector>

#include "service/log/stored_log.h"
#include "service/store/read_pool.h"
#include "service/store/store.h"
#include "service/summary/summarizer.h"
#include "tests/service/summary/brute_force.h"

namespace happiness {

// In memory. Thread-safe.
class KeptLog {
 public:
  explicit KeptLog(const StoredLogOptions& options = {});

  // Returns when they are in the log.
  void Record(const std::vector<Sample>& samples);
  void Record(const Sample& sample) { Record(std::vector<Sample>(1, sample)); }

  // Changes the store behind the log's back.
  void Execute(const std::string& sql);

  ReadingLog* log() { return log_.get(); }
  SummarySource source(size_t min_group = 1) {
    return {.log = log(), .fills = fills_.get(), .min_group = min_group};
  }

 private:
  const std::unique_ptr<Store> store_ = Store::InMemory();
  const std::unique_ptr<StoredLog> log_;
  const std::unique_ptr<ReadPool> fills_ =
      *ReadPool::Start(*store_, 1, /*max_waiting=*/100);
};

}  // namespace happiness

#endif  // TESTS_SERVICE_SUMMARY_KEPT_LOG_H_
