#include "bridge/streams/answer_source.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/admission/byte_share.h"

namespace bridge {
namespace {

// An answer, and what it holds of the memory of all.
struct HeldAnswer {
  HeldAnswer(std::string json, std::atomic<int64_t>* held, int64_t limit)
      : share(held, limit),
        frame(std::move(json), std::nullopt, JsonAsItIs()) {}

  ByteShare share;
  const Frame frame;
};

}  // namespace

// Takes the end of the call from gRPC's thread to the shard's.
class AnswerSource::Ear : public AnswerCall::Handler,
                          public std::enable_shared_from_this<Ear> {
 public:
  Ear(boost::asio::io_context& shard, AnswerSource* source)
      : shard_(shard), source_(source) {}

  void Leave() { source_ = nullptr; }

  void OnWritten(bool /*ok*/) override {}
  void OnDone(const grpc::Status& status, grpc::ByteBuffer answer) override {
    boost::asio::post(shard_, [self = shared_from_this(), status,
                               answer = std::move(answer)]() mutable {
      if (self->source_ == nullptr) return;
      self->source_->OnAnswer(status, std::move(answer));
    });
  }

 private:
  boost::asio::io_context& shard_;
  AnswerSource* source_;  // the shard's thread's; null once it is gone
};

AnswerSource::AnswerSource(Shard& shard, Listener& listener,
                           const StreamsContext& context, const Asker& asker,
                           Question question)
    : shard_(shard),
      listener_(listener),
      max_buffered_bytes_(context.max_buffered_bytes),
      question_(std::move(question)),
      ear_(std::make_shared<Ear>(shard.io(), this)) {
  CallSpec spec = {question_.method->path, asker.metadata,
                   context.unary_timeout};
  spec.metadata.insert(spec.metadata.end(), asker.trace.begin(),
                       asker.trace.end());
  AnswerCall* const call = context.upstream->caller()->Start(spec, ear_);
  call_ = call->context();
  call->WriteLast(ToByteBuffer(question_.request));
  call->Release();
}

AnswerSource::~AnswerSource() {
  ear_->Leave();
  if (!ending_.has_value()) call_->TryCancel();
}

void AnswerSource::OnAnswer(const grpc::Status& status,
                            grpc::ByteBuffer answer) {
  question_.ticket = {};
  ending_ = Take(status, std::move(answer));
  listener_.OnChange();
}

Ending AnswerSource::Take(const grpc::Status& status, grpc::ByteBuffer answer) {
  UpstreamFaults& faults = shard_.stats().upstream_faults;
  if (IsTooLarge(status)) {
    const absl::Status fault = TooLarge(status);
    faults.Report("too_large", question_.method->path, fault);
    return Ending::From(fault);
  }
  if (!status.ok()) return Ending::From(status);
  auto json = question_.catalog->codec().ToJson(question_.method->output(),
                                                std::move(answer));
  if (!json.ok()) {
    faults.Report("malformed", question_.method->path, json.status());
    return Ending::From(json.status());
  }
  // As it is, and in a frame.
  const auto size = static_cast<int64_t>(2 * json->size());
  auto held = std::make_shared<HeldAnswer>(
      *std::move(json), &shard_.stats().buffered_bytes, max_buffered_bytes_);
  if (!held->share.Hold(size)) {
    shard_.stats().refusals.Add("buffered_bytes");
    return Ending::From(absl::UnavailableError(
        "the answers that are being sent take too much memory; try again"));
  }
  const Frame* const frame = &held->frame;
  answer_ = FramePtr(std::move(held), frame);
  return Ending::Of(Reason::kFinished);
}

}  // namespace bridge
