#include "tests/bench/typed_baseline.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <deque>
#include <utility>

#include "tests/bench/measure.h"

namespace bench {

// One call. It owns itself until OnDone.
class TypedBaseline::Client final
    : public grpc::ServerWriteReactor<v1::Reading> {
 public:
  explicit Client(TypedBaseline* service) : service_(service) {
    StartSendInitialMetadata();
  }

  void Send(const std::vector<v1::Reading>& readings) {
    {
      absl::MutexLock lock(&mutex_);
      const bool writing = !queue_.empty();
      queue_.insert(queue_.end(), readings.begin(), readings.end());
      if (writing || queue_.empty()) return;
    }
    StartWrite(&queue_.front());
  }

 private:
  void OnWriteDone(bool /*ok*/) override {
    const v1::Reading* next = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      queue_.pop_front();
      if (!gone_) {
        if (queue_.empty()) return;
        next = &queue_.front();
      }
    }
    if (next != nullptr) {
      StartWrite(next);
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override {
    service_->Remove(this);  // nothing is sent to it any more
    {
      absl::MutexLock lock(&mutex_);
      gone_ = true;
      if (!queue_.empty()) return;  // a write is under way
    }
    Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

  TypedBaseline* const service_;

  absl::Mutex mutex_;
  std::deque<v1::Reading> queue_ ABSL_GUARDED_BY(mutex_);
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
};

TypedBaseline::TypedBaseline() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) Fail("the baseline can't listen");
}

TypedBaseline::~TypedBaseline() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void TypedBaseline::Publish(std::vector<v1::Reading> readings) {
  absl::MutexLock lock(&mutex_);
  for (v1::Reading& reading : readings) reading.set_sequence(++last_sequence_);
  for (Client* client : clients_) client->Send(readings);
}

grpc::ServerWriteReactor<v1::Reading>* TypedBaseline::StreamReadings(
    grpc::CallbackServerContext* /*context*/,
    const v1::StreamReadingsRequest* /*request*/) {
  auto* client = new Client(this);
  absl::MutexLock lock(&mutex_);
  clients_.insert(client);
  return client;
}

void TypedBaseline::Remove(Client* client) {
  absl::MutexLock lock(&mutex_);
  clients_.erase(client);
}

}  // namespace bench
