// A unary call, as a stream of one message.

#ifndef BRIDGE_STREAMS_ANSWER_SOURCE_H_
#define BRIDGE_STREAMS_ANSWER_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "bridge/admission/address_limits.h"
#include "bridge/streams/asker.h"
#include "bridge/streams/source.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"
#include "bridge/viewer/shard.h"

namespace bridge {

// Nothing is known of it until the answer is here. The answer counts for
// --max_buffered_bytes until it is sent.
class AnswerSource final : public Source {
 public:
  struct Question {
    std::shared_ptr<const Catalog> catalog;  // keeps `method` alive
    const Method* method;
    std::string request;  // serialised
    // Given back with the answer.
    AddressLimits::ReadTicket ticket;
  };

  AnswerSource(Shard& shard, Listener& listener, const StreamsContext& context,
               const Asker& asker, Question question);
  ~AnswerSource() override;

  void Update() override {}
  bool open() const override { return answer_ != nullptr; }
  uint64_t ready() const override {
    return answer_ != nullptr && !advanced_ ? 1 : 0;
  }
  const FramePtr& at(uint64_t /*index*/) const override { return answer_; }
  const Ending* ending() const override {
    return ending_.has_value() ? &*ending_ : nullptr;
  }
  void Advance(uint64_t count) override { advanced_ = advanced_ || count > 0; }
  // Its time is limited.
  bool holds_call() const override { return false; }
  std::string_view method() const override { return question_.method->path; }

 private:
  class Ear;

  void OnAnswer(const grpc::Status& status, grpc::ByteBuffer answer);
  Ending Take(const grpc::Status& status, grpc::ByteBuffer answer);

  Shard& shard_;
  Listener& listener_;
  const int64_t max_buffered_bytes_;
  Question question_;
  std::shared_ptr<Ear> ear_;
  std::shared_ptr<grpc::ClientContext> call_;
  FramePtr answer_;
  bool advanced_ = false;
  std::optional<Ending> ending_;
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_ANSWER_SOURCE_H_
