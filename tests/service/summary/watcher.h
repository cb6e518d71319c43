// Somebody who watches summaries.

#ifndef TESTS_SERVICE_SUMMARY_WATCHER_H_
#define TESTS_SERVICE_SUMMARY_WATCHER_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <gtest/gtest.h>

#include <atomic>

#include "happiness/v1/happiness.pb.h"
#include "service/summary/summary_view.h"

namespace happiness {

inline v1::Summary DecodeSummary(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy = bytes;
  grpc::ProtoBufferReader reader(&copy);
  v1::Summary summary;
  EXPECT_TRUE(summary.ParseFromZeroCopyStream(&reader));
  return summary;
}

struct CountingWaiter : SummaryView::Waiter {
  void OnSummary() override { ++calls; }
  void OnTooSlow() override { ++too_slow; }
  std::atomic<int> calls = 0;
  std::atomic<int> too_slow = 0;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_SUMMARY_WATCHER_H_
