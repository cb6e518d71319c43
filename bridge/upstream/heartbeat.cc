#include "bridge/upstream/heartbeat.h"

#include <grpcpp/client_context.h>

#include <atomic>
#include <optional>
#include <utility>

namespace bridge {
namespace {

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";

}  // namespace

// Lives until it is answered, or given up.
class Heartbeat::Question : public AnswerCall::Handler {
 public:
  static std::shared_ptr<Question> Ask(Caller* caller) {
    auto question = std::make_shared<Question>();
    AnswerCall* const call =
        caller->Start({kCheck, {}, std::nullopt}, question);
    question->context_ = call->context();
    const grpc::Slice whole_server;  // an empty HealthCheckRequest
    call->WriteLast(grpc::ByteBuffer(&whole_server, 1));
    call->Release();
    return question;
  }

  void GiveUp() { context_->TryCancel(); }
  bool open() const { return open_; }

 private:
  void OnWritten(bool /*ok*/) override {}
  void OnDone(const grpc::Status& /*status*/,
              grpc::ByteBuffer /*answer*/) override {
    open_ = false;
  }

  std::shared_ptr<grpc::ClientContext> context_;
  std::atomic<bool> open_ = true;
};

Heartbeat::Heartbeat(Caller* caller, absl::Duration interval)
    : caller_(caller),
      interval_(absl::ToChronoNanoseconds(interval)),
      due_(std::chrono::steady_clock::now() + interval_) {}

Heartbeat::~Heartbeat() {
  if (question_ != nullptr) question_->GiveUp();
}

void Heartbeat::BeatIfDue() {
  const auto now = std::chrono::steady_clock::now();
  if (now < due_ || (question_ != nullptr && question_->open())) return;
  due_ = now + interval_;
  question_ = Question::Ask(caller_);
}

}  // namespace bridge
