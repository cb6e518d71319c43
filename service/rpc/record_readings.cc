#include "service/rpc/record_readings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/log/entry.h"
#include "service/request/grpc_status.h"
#include "service/request/intake.h"
#include "service/rpc/caller.h"

namespace happiness {
namespace {

// `status`, and which reading of the stream is at fault.
absl::Status OfReading(int64_t number, const absl::Status& status) {
  return WithMessage(
      absl::StrCat("reading ", number, ": ", std::string(status.message())),
      status);
}

}  // namespace

grpc::ServerReadReactor<grpc::ByteBuffer>* RecordReadings::Start(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
    Recorder recorder, OpenStreams* streams, Pass pass) {
  auto stream = std::make_shared<RecordReadings>(
      DescribeCaller(*context), response, std::move(recorder), streams);
  absl::Status status = streams->Add(stream, std::move(pass));
  {
    absl::MutexLock lock(&stream->mutex_);
    stream->self_ = stream;
    if (!status.ok()) stream->StopReading(status);
  }
  stream->Advance();
  return stream.get();
}

RecordReadings::RecordReadings(std::string caller, grpc::ByteBuffer* response,
                               Recorder recorder, OpenStreams* streams)
    : caller_(std::move(caller)),
      response_(response),
      recorder_(std::move(recorder)),
      streams_(streams) {
  counts_.set_recorded(0);
  counts_.set_duplicates(0);
}

void RecordReadings::Advance() {
  std::vector<v1::Reading> batch;
  bool read = false;
  bool finish = false;
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    if (!appending_ && !batch_.empty()) {
      appending_ = true;
      batch.swap(batch_);
    }
    if (!reading_ && !stopped_ && batch_.size() < kMaxBatch) {
      reading_ = read = true;
    }
    if (stopped_ && !appending_ && !finished_) {
      finished_ = finish = true;
      end = End();
      if (end.ok()) *response_ = Encode(counts_);
    }
  }
  // Each of these may call back at once. The call ends only after Finish, and
  // an append holds Finish back: until the next line but one `this` is safe.
  if (read) StartRead(&incoming_);
  if (!batch.empty()) {
    recorder_.log->Append(std::move(batch), [this](auto appended) {
      OnAppended(std::move(appended));
    });
  }
  if (!finish) return;
  recorder_.Count(end);
  Finish(ToGrpcStatus(end));
}

void RecordReadings::OnReadDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok) {
      StopReading(absl::OkStatus());  // The client has said all.
    } else if (!stopped_) {
      TakeIncoming();
    }
  }
  Advance();
}

void RecordReadings::TakeIncoming() {
  ++read_;
  absl::StatusOr<v1::Reading> reading =
      recorder_.Take<v1::RecordReadingsRequest>(incoming_);
  incoming_.Clear();
  if (reading.ok()) {
    batch_.push_back(*std::move(reading));
  } else {
    StopReading(OfReading(read_, reading.status()));
  }
}

void RecordReadings::OnAppended(
    absl::StatusOr<std::vector<Appended>> appended) {
  {
    absl::MutexLock lock(&mutex_);
    appending_ = false;
    const absl::Status status =
        appended.ok() ? Count(*appended) : appended.status();
    if (!status.ok()) {
      stopped_ = true;
      end_ = status;
      batch_.clear();
    }
  }
  Advance();
}

absl::Status RecordReadings::Count(const std::vector<Appended>& appended) {
  absl::Status refused;
  for (const Appended& one : appended) {
    ++appended_;
    if (absl::Status own = recorder_.CheckOwn(one); !own.ok()) {
      if (refused.ok()) refused = OfReading(appended_, own);
      continue;  // Those behind it are recorded.
    }
    if (one.duplicate) {
      counts_.set_duplicates(counts_.duplicates() + 1);
    } else {
      counts_.set_recorded(counts_.recorded() + 1);
    }
    counts_.set_last_sequence(
        std::max(counts_.last_sequence(), one.entry->sequence));
  }
  return refused;
}

absl::Status RecordReadings::End() const {
  if (end_.ok()) return end_;
  absl::Status end = WithMessage(
      absl::StrCat(std::string(end_.message()), " (", counts_.recorded(),
                   " recorded, ", counts_.duplicates(), " duplicates)"),
      end_);
  google::rpc::ErrorInfo info;
  info.set_reason("STOPPED");
  info.set_domain(v1::HappinessService::service_full_name());
  (*info.mutable_metadata())["recorded"] = absl::StrCat(counts_.recorded());
  (*info.mutable_metadata())["duplicates"] = absl::StrCat(counts_.duplicates());
  AddDetail(info, &end);
  return end;
}

void RecordReadings::StopReading(absl::Status status) {
  if (stopped_) return;
  stopped_ = true;
  end_ = std::move(status);
}

void RecordReadings::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    StopReading(absl::CancelledError("the client is gone"));
  }
  Advance();
}

void RecordReadings::Stop(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    StopReading(why);
  }
  Advance();
}

void RecordReadings::OnDone() {
  std::shared_ptr<RecordReadings> self;
  {
    absl::MutexLock lock(&mutex_);
    self = std::move(self_);
    spdlog::debug("RecordReadings of {} ended: {} recorded, {} duplicates: {}",
                  caller_, counts_.recorded(), counts_.duplicates(),
                  end_.ToString());
  }
  streams_->Remove(self);
}

}  // namespace happiness
