#include "service/jetstream/stream.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "service/jetstream/connection.h"
#include "service/jetstream/subjects.h"
#include "service/request/uuid.h"

namespace happiness {
namespace {

// Within it JetStream itself knows a message's id. NATS's own default; longer
// costs its servers memory, and the copies' indexes know every id anyway.
constexpr absl::Duration kDuplicateWindow = absl::Minutes(2);

// And an id, by which the stream is known from one that is made after it.
constexpr char kDescription[] = "happiness log ";

struct Destroy {
  void operator()(jsStreamInfo* info) const { jsStreamInfo_Destroy(info); }
};
using StreamInfo = std::unique_ptr<jsStreamInfo, Destroy>;

// Two replicas that make the stream in the same moment have it twice in the
// servers' minds, with two times of making: after an election it may be the
// other. What is in its settings there can be but one of.
std::string OriginOf(const jsStreamInfo& info) {
  const absl::string_view description =
      info.Config->Description == nullptr ? "" : info.Config->Description;
  if (absl::StartsWith(description, kDescription)) {
    return absl::StrCat("the stream ", kStreamName, " (", description, ")");
  }
  return absl::StrCat(
      "the stream ", kStreamName, " made at ",
      absl::FormatTime(absl::FromUnixNanos(info.Created), absl::UTCTimeZone()));
}

StreamState StateOf(const jsStreamInfo& info) {
  return {
      .origin = OriginOf(info),
      .first = std::max<int64_t>(1, static_cast<int64_t>(info.State.FirstSeq)),
      .last = static_cast<int64_t>(info.State.LastSeq)};
}

absl::StatusOr<StreamInfo> GetInfo(jsCtx* js) {
  jsStreamInfo* info = nullptr;
  jsErrCode error = {};
  const natsStatus s =
      js_GetStreamInfo(&info, js, kStreamName, nullptr, &error);
  if (s == NATS_NOT_FOUND || error == JSStreamNotFoundErr) {
    return absl::NotFoundError(
        absl::StrCat("there is no stream ", kStreamName));
  }
  if (s != NATS_OK) return FromNats(s, "asking for the stream", error);
  return StreamInfo(info);
}

// As JetStream has it.
std::string HowLong(int64_t nanos) {
  return nanos == 0 ? "ever" : absl::FormatDuration(absl::Nanoseconds(nanos));
}

// What differs from what is wanted, each with the way out.
std::vector<std::string> Differences(const jsStreamConfig& is,
                                     const StreamSettings& wanted) {
  std::vector<std::string> all;
  const std::string subjects =
      absl::StrJoin(is.Subjects, is.Subjects + is.SubjectsLen, ", ");
  if (subjects != kAllSubjects) {
    all.push_back(
        absl::StrCat("its subjects are ", subjects, ", not ", kAllSubjects));
  }
  if (is.Replicas != wanted.replicas) {
    all.push_back(absl::StrCat("it has ", is.Replicas,
                               " replicas, and --log_replicas is ",
                               wanted.replicas));
  }
  if (is.MaxAge != absl::ToInt64Nanoseconds(wanted.max_age)) {
    all.push_back(absl::StrCat("it keeps messages for ", HowLong(is.MaxAge),
                               ", and --retain is ",
                               absl::FormatDuration(wanted.max_age)));
  }
  const bool limited =
      is.MaxMsgs > 0 || is.MaxBytes > 0 || is.MaxMsgsPerSubject > 0;
  if (limited) {
    all.push_back("it limits how many messages, or bytes, it keeps");
  }
  if (is.Storage != js_FileStorage) all.push_back("it is kept in memory");
  if (is.Retention != js_LimitsPolicy) {
    all.push_back("it does not keep messages that were received");
  }
  if (is.NoAck) all.push_back("it does not acknowledge");
  if (is.DenyDelete) all.push_back("it lets nobody delete a message");
  if (is.Sealed) all.push_back("it is sealed");
  if (is.Mirror != nullptr || is.SourcesLen > 0) {
    all.push_back("it copies other streams");
  }
  return all;
}

absl::StatusOr<StreamInfo> Make(jsCtx* js, const StreamSettings& settings) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {kAllSubjects};
  config.Name = kStreamName;
  const std::string description = absl::StrCat(kDescription, NewUuid());
  config.Description = description.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Replicas = settings.replicas;
  config.MaxAge = absl::ToInt64Nanoseconds(settings.max_age);
  config.Duplicates =
      absl::ToInt64Nanoseconds(std::min(kDuplicateWindow, settings.max_age));
  jsStreamInfo* info = nullptr;
  jsErrCode error = {};
  const natsStatus s = js_AddStream(&info, js, &config, nullptr, &error);
  // Another replica was faster.
  if (error == JSStreamNameExistErr) return GetInfo(js);
  if (s != NATS_OK) {
    return FromNats(s,
                    absl::StrCat("making the stream ", kStreamName,
                                 " with --log_replicas=", settings.replicas),
                    error);
  }
  spdlog::info("made the stream {} with --log_replicas={}", kStreamName,
               settings.replicas);
  return StreamInfo(info);
}

bool IsGone(jsCtx* js, int64_t sequence) {
  natsMsg* message = nullptr;
  const natsStatus s =
      js_GetMsg(&message, js, kStreamName, static_cast<uint64_t>(sequence),
                nullptr, nullptr);
  natsMsg_Destroy(message);
  return s == NATS_NOT_FOUND;
}

}  // namespace

absl::StatusOr<StreamState> OpenStream(jsCtx* js,
                                       const StreamSettings& settings,
                                       bool may_make) {
  absl::StatusOr<StreamInfo> info = GetInfo(js);
  if (may_make && absl::IsNotFound(info.status())) info = Make(js, settings);
  if (!info.ok()) return info.status();
  const std::vector<std::string> differences =
      Differences(*(*info)->Config, settings);
  if (differences.empty()) return StateOf(**info);
  return absl::FailedPreconditionError(absl::StrCat(
      "the stream ", kStreamName,
      " has other settings: ", absl::StrJoin(differences, "; "),
      ". Give the flags that fit, or change the stream (nats stream edit)"));
}

absl::StatusOr<StreamState> LookAtStream(jsCtx* js) {
  const absl::StatusOr<StreamInfo> info = GetInfo(js);
  if (!info.ok()) return info.status();
  return StateOf(**info);
}

absl::Status DeleteMessage(jsCtx* js, int64_t sequence) {
  jsErrCode error = {};
  const natsStatus s = js_DeleteMsg(
      js, kStreamName, static_cast<uint64_t>(sequence), nullptr, &error);
  if (s == NATS_OK) return absl::OkStatus();
  // What is not there has several names, one of which is any failure's.
  const absl::Status status = FromNats(s, "deleting a late duplicate", error);
  if (error != 0 && IsGone(js, sequence)) return absl::OkStatus();
  return status;
}

}  // namespace happiness
