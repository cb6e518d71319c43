#include "tests/bridge/testing/ticker_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace bridge::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);
// How often to look whether a call that waits is cancelled.
constexpr absl::Duration kLook = absl::Milliseconds(10);

}  // namespace

TickerServer::TickerServer(int port) {
  // Reflection lists it and can't describe it: bridges must live with that.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

TickerServer::~TickerServer() {
  EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
  server_->Shutdown(std::chrono::system_clock::now());
}

std::string TickerServer::target() const {
  return absl::StrCat("127.0.0.1:", port_);
}

std::shared_ptr<grpc::Channel> TickerServer::InProcess() {
  return server_->InProcessChannel({});
}

void TickerServer::Publish(std::string text) {
  PublishMany(1, std::move(text));
}

void TickerServer::PublishMany(int count, std::string text) {
  absl::MutexLock lock(&mutex_);
  for (int i = 0; i < count; ++i) {
    Tick& tick = ticks_.emplace_back();
    tick.set_number(static_cast<int64_t>(ticks_.size()));
    tick.set_text(text);
  }
}

void TickerServer::Forget() {
  absl::MutexLock lock(&mutex_);
  for (auto tick = ticks_.rbegin();
       tick != ticks_.rend() && !tick->text().empty(); ++tick) {
    Tick().Swap(&*tick);  // Clear keeps the memory
  }
}

void TickerServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void TickerServer::HoldGets(bool held) {
  absl::MutexLock lock(&mutex_);
  gets_held_ = held;
}

void TickerServer::HoldChats(bool held) {
  absl::MutexLock lock(&mutex_);
  chats_held_ = held;
}

void TickerServer::EndWatches(grpc::Status status) {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  end_status_ = std::move(status);
}

int64_t TickerServer::published() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(ticks_.size());
}

int TickerServer::watches_started() const {
  absl::MutexLock lock(&mutex_);
  return started_;
}

int TickerServer::gets_started() const {
  absl::MutexLock lock(&mutex_);
  return gets_;
}

int TickerServer::gets_running() const {
  absl::MutexLock lock(&mutex_);
  return gets_running_;
}

std::vector<std::string> TickerServer::authorizations() const {
  absl::MutexLock lock(&mutex_);
  return authorizations_;
}

std::vector<std::string> TickerServer::received(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> values;
  for (const Metadata& metadata : received_) {
    const auto found = metadata.find(name);
    values.push_back(found == metadata.end() ? "" : found->second);
  }
  return values;
}

void TickerServer::Note(const grpc::ServerContext& context) {
  Metadata metadata;
  for (const auto& [name, value] : context.client_metadata()) {
    metadata.emplace(std::string(name.data(), name.size()),
                     std::string(value.data(), value.size()));
  }
  absl::MutexLock lock(&mutex_);
  received_.push_back(std::move(metadata));
}

int64_t TickerServer::summed() const {
  absl::MutexLock lock(&mutex_);
  return summed_;
}

int TickerServer::chats() const {
  absl::MutexLock lock(&mutex_);
  return chats_;
}

int64_t TickerServer::chat_heard() const {
  absl::MutexLock lock(&mutex_);
  return chat_heard_;
}

int64_t TickerServer::chat_said() const {
  absl::MutexLock lock(&mutex_);
  return chat_said_;
}

bool TickerServer::AwaitWatches(int now) {
  absl::MutexLock lock(&mutex_);
  auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return now_ == now;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&reached), kPatience);
}

grpc::Status TickerServer::Watch(grpc::ServerContext* context,
                                 const WatchRequest* request,
                                 grpc::ServerWriter<Tick>* writer) {
  Note(*context);
  if (request->refuse() != 0) {
    return grpc::Status(static_cast<grpc::StatusCode>(request->refuse()),
                        "refused as asked");
  }
  absl::MutexLock lock(&mutex_);
  if (request->after() > static_cast<int64_t>(ticks_.size())) {
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE,
                        absl::StrCat("there are ", ticks_.size(), " ticks"));
  }
  auto authorization = context->client_metadata().find("authorization");
  authorizations_.push_back(authorization == context->client_metadata().end()
                                ? ""
                                : std::string(authorization->second.data(),
                                              authorization->second.size()));
  ++started_;
  ++now_;
  const int generation = generation_;
  size_t next = ticks_.size();
  if (request->has_after()) next = static_cast<size_t>(request->after());
  if (request->has_backlog()) {
    next -= std::min(next, static_cast<size_t>(request->backlog()));
  }
  writer->SendInitialMetadata();
  while (generation == generation_ && !context->IsCancelled()) {
    auto news = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return next < ticks_.size() || generation != generation_;
    };
    // Wakes now and then to see whether the client has gone.
    mutex_.AwaitWithTimeout(absl::Condition(&news), absl::Milliseconds(20));
    while (generation == generation_ && next < ticks_.size()) {
      Tick tick = ticks_[next++];
      mutex_.Unlock();
      absl::SleepFor(absl::Milliseconds(request->pause_ms()));
      bool written = writer->Write(tick);
      mutex_.Lock();
      if (!written) break;
    }
  }
  --now_;
  return generation == generation_ ? grpc::Status::CANCELLED : end_status_;
}

grpc::Status TickerServer::Count(grpc::ServerContext* /*context*/,
                                 const CountRequest* request,
                                 grpc::ServerWriter<Tick>* writer) {
  for (int i = 1; i <= request->to(); ++i) {
    Tick tick;
    tick.set_number(i);
    if (!writer->Write(tick)) break;
  }
  return grpc::Status(static_cast<grpc::StatusCode>(request->end_with()),
                      request->end_with() == 0 ? "" : "ended as asked");
}

grpc::Status TickerServer::Get(grpc::ServerContext* context,
                               const GetRequest* request, Tick* tick) {
  Note(*context);
  {
    absl::MutexLock lock(&mutex_);
    ++gets_;
    ++gets_running_;
    auto answered = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !gets_held_;
    };
    const absl::Time limit = absl::Now() + kPatience;
    while (!mutex_.AwaitWithTimeout(absl::Condition(&answered), kLook) &&
           !context->IsCancelled() && absl::Now() < limit) {
    }
    --gets_running_;
  }
  absl::SleepFor(absl::Milliseconds(request->delay_ms()));
  if (request->fail() != 0) {
    return grpc::Status(static_cast<grpc::StatusCode>(request->fail()),
                        "failed as \"asked\"");
  }
  tick->set_number(request->number());
  tick->set_text(std::string(static_cast<size_t>(request->size()), 'x'));
  return grpc::Status::OK;
}

grpc::Status TickerServer::Put(grpc::ServerContext* /*context*/,
                               const PutRequest* request, Tick* tick) {
  *tick = request->tick();
  if (!request->author().empty()) {
    tick->set_text(absl::StrCat(tick->text(), " by ", request->author()));
  }
  return grpc::Status::OK;
}

grpc::Status TickerServer::Sum(grpc::ServerContext* context,
                               grpc::ServerReader<PutRequest>* reader,
                               SumResponse* response) {
  Note(*context);
  PutRequest request;
  while (reader->Read(&request)) {
    if (request.tick().number() < 0) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                          "tick.number: must not be negative");
    }
    response->set_sum(response->sum() + request.tick().number());
    response->set_count(response->count() + 1);
    absl::MutexLock lock(&mutex_);
    ++summed_;
  }
  return grpc::Status::OK;
}

void TickerServer::AwaitChatsGoOn() {
  absl::MutexLock lock(&mutex_);
  auto go_on = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !chats_held_;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&go_on), kPatience);
}

bool TickerServer::Say(const Tick& tick,
                       grpc::ServerReaderWriter<Tick, Tick>* stream) {
  if (!stream->Write(tick)) return false;
  absl::MutexLock lock(&mutex_);
  ++chat_said_;
  return true;
}

grpc::Status TickerServer::Chat(grpc::ServerContext* context,
                                grpc::ServerReaderWriter<Tick, Tick>* stream) {
  Note(*context);
  {
    absl::MutexLock lock(&mutex_);
    ++chats_;
  }
  absl::Cleanup done = [this] {
    absl::MutexLock lock(&mutex_);
    --chats_;
  };
  Tick tick;
  int64_t heard = 0;
  for (AwaitChatsGoOn(); stream->Read(&tick); AwaitChatsGoOn()) {
    if (tick.number() < 0) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                          "number: must not be negative");
    }
    ++heard;
    {
      absl::MutexLock lock(&mutex_);
      ++chat_heard_;
    }
    for (int64_t i = 0; i < std::max<int64_t>(1, tick.number()); ++i) {
      if (!Say(tick, stream)) break;
    }
  }
  tick.set_number(heard);
  tick.set_text("bye");
  Say(tick, stream);
  return grpc::Status::OK;
}

}  // namespace bridge::testing
