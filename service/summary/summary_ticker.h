// The clock of all summaries.

#ifndef SERVICE_SUMMARY_SUMMARY_TICKER_H_
#define SERVICE_SUMMARY_SUMMARY_TICKER_H_

#include <atomic>
#include <thread>

#include "service/summary/summarizers.h"

namespace happiness {

// Calls Tick of a Summarizers, when it is due, on a thread of its own: on
// gRPC's (grpc::Alarm) a tick of many places would keep calls waiting. Late, it
// goes on with the period that it is; nothing piles up.
class SummaryTicker {
 public:
  // `summarizers` must outlive it.
  explicit SummaryTicker(Summarizers* summarizers);

  // Ends the thread.
  ~SummaryTicker();

 private:
  void Run();

  Summarizers* const summarizers_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_SUMMARY_TICKER_H_
