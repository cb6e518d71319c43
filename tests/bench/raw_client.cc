#include "tests/bench/raw_client.h"

#include <utility>

#include "service/log/entry.h"
#include "tests/bench/measure.h"

namespace bench {

RawStream::RawStream(std::shared_ptr<grpc::Channel> channel,
                     const happiness::v1::StreamReadingsRequest& request,
                     int64_t expected, absl::BlockingCounter* opened,
                     absl::BlockingCounter* received)
    : expected_(expected),
      opened_(opened),
      received_(received),
      stub_(std::move(channel)),
      request_(happiness::Encode(request)) {
  stub_.PrepareBidiStreamingCall(
      &context_, "/happiness.v1.HappinessService/StreamReadings", {}, this);
  StartWriteLast(&request_, {});
  StartRead(&message_);
  StartCall();
}

RawStream::~RawStream() {
  context_.TryCancel();
  done_.WaitForNotification();
}

void RawStream::OnReadInitialMetadataDone(bool ok) {
  if (ok) opened_->DecrementCount();
}

void RawStream::OnReadDone(bool ok) {
  if (!ok) return;
  if (++count_ == expected_) received_->DecrementCount();
  StartRead(&message_);
}

void RawStream::OnDone(const grpc::Status& status) {
  if (count_ < expected_) Fail("the stream ended: " + status.error_message());
  done_.Notify();
}

}  // namespace bench
