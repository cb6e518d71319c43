#include "service/summary/summary_ticker.h"

#include "absl/time/clock.h"

namespace happiness {

SummaryTicker::SummaryTicker(Summarizers* summarizers)
    : summarizers_(summarizers), thread_(&SummaryTicker::Run, this) {}

SummaryTicker::~SummaryTicker() {
  stopping_ = true;
  summarizers_->Wake();
  thread_.join();
}

void SummaryTicker::Run() {
  while (!stopping_) {
    summarizers_->WaitUntil(summarizers_->Tick(absl::Now()));
  }
}

}  // namespace happiness
