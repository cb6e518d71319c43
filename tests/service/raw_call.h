// Calls with bytes instead of messages, as a client whose library checks less
// than C++'s may send them.

#ifndef TESTS_SERVICE_RAW_CALL_H_
#define TESTS_SERVICE_RAW_CALL_H_

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/service/support.h"

namespace happiness {

// A serialised request whose `reading` has the text `place`, whatever it is.
inline std::string RequestWithPlace(const std::string& place) {
  google::protobuf::UnknownFieldSet reading;
  reading.AddLengthDelimited(4, place);
  reading.AddFixed64(5, 0x4014000000000000);  // 5.0
  std::string bytes;
  EXPECT_TRUE(reading.SerializeToString(&bytes));
  google::protobuf::UnknownFieldSet request;
  request.AddLengthDelimited(1, bytes);
  std::string result;
  EXPECT_TRUE(request.SerializeToString(&result));
  return result;
}

// A call of any method: sends `messages`, and reads answers until it ends.
class RawCall final
    : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // `method` is "/package.Service/Method".
  RawCall(const std::shared_ptr<grpc::Channel>& channel,
          const std::string& method, const std::vector<std::string>& messages)
      : stub_(channel) {
    for (const std::string& message : messages) {
      const grpc::Slice slice(message);
      messages_.emplace_back(&slice, 1);
    }
    stub_.PrepareBidiStreamingCall(context_.get(), method, grpc::StubOptions(),
                                   this);
    WriteNext();
    StartRead(&answer_);
    StartCall();
  }

  ~RawCall() override {
    context_->TryCancel();
    Finish();
  }

  // The first answers, as soon as there are that many or the call is over.
  std::vector<std::string> WaitForAnswers(size_t count) {
    const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return done_ || answers_.size() >= count;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&enough));
    return answers_;
  }

  grpc::Status Finish() {
    absl::MutexLock lock(&mutex_, absl::Condition(&done_));
    return status_;
  }

 private:
  void WriteNext() {
    if (next_ == messages_.size()) return StartWritesDone();
    StartWrite(&messages_[next_++]);
  }

  void OnWriteDone(bool ok) override {
    if (ok) WriteNext();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    grpc::Slice slice;
    EXPECT_TRUE(answer_.DumpToSingleSlice(&slice).ok());
    {
      absl::MutexLock lock(&mutex_);
      answers_.emplace_back(reinterpret_cast<const char*>(slice.begin()),
                            slice.size());
    }
    StartRead(&answer_);
  }

  void OnDone(const grpc::Status& status) override {
    absl::MutexLock lock(&mutex_);
    status_ = status;
    done_ = true;
  }

  grpc::GenericStub stub_;
  const std::unique_ptr<grpc::ClientContext> context_ = MakeContext();
  std::vector<grpc::ByteBuffer> messages_;
  size_t next_ = 0;
  grpc::ByteBuffer answer_;

  absl::Mutex mutex_;
  std::vector<std::string> answers_ ABSL_GUARDED_BY(mutex_);
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

// How a call of HappinessService's `method` with these messages ends.
inline grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                            const std::string& method,
                            const std::vector<std::string>& messages) {
  return RawCall(channel, "/happiness.v1.HappinessService/" + method, messages)
      .Finish();
}

}  // namespace happiness

#endif  // TESTS_SERVICE_RAW_CALL_H_
