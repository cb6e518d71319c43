#include "bridge/upstream/replica.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bridge/upstream/heartbeat.h"
#include "bridge/upstream/reflection.h"

namespace bridge {
namespace {

constexpr absl::Duration kLearnTimeout = absl::Seconds(10);
constexpr absl::Duration kRetry = absl::Milliseconds(500);
// How often a wait looks whether to stop.
constexpr absl::Duration kLook = absl::Milliseconds(100);
// How long a call may take to fail.
constexpr absl::Duration kProbe = absl::Seconds(1);
constexpr char kUnreachable[] = "the upstream can't be reached; trying again";

}  // namespace

Replica::Replica(Options options, Observer* observer)
    : options_(std::move(options)),
      observer_(observer),
      caller_(options_.channel, Caller::For::kBridge) {}

Replica::~Replica() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void Replica::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Replica::Stop() {
  stopping_ = true;
  stop_.Ring();
}

void Replica::Run() {
  while (WaitConnected()) {
    if (options_.learns) {
      Learn();
    } else {
      SetProblem("");
    }
    if (problem_.empty()) {
      WaitDisconnected();
    } else {
      stop_.WaitFor(kRetry);
    }
  }
}

// Returns false if it is time to stop.
bool Replica::WaitConnected() {
  grpc::Channel& channel = *options_.channel;
  while (!stopping_) {
    if (options_.in_process) return true;
    grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && problem_ != kUnreachable) {
      // The channel does not say why. A call that fails does.
      const absl::Status why = LearnByReflection(&caller_, kProbe).status();
      if (absl::IsUnavailable(why)) {
        SetProblem(kUnreachable, std::string(why.message()));
      }
    }
    channel.WaitForStateChange(state, absl::ToChronoTime(absl::Now() + kLook));
  }
  return false;
}

void Replica::WaitDisconnected() {
  if (options_.in_process) {
    while (!stopping_) stop_.WaitFor(absl::InfiniteDuration());
    return;
  }
  Heartbeat heartbeat(&caller_, options_.keepalive);
  while (!stopping_) {
    if (!options_.channel->WaitForStateChange(
            GRPC_CHANNEL_READY, absl::ToChronoTime(absl::Now() + kLook))) {
      heartbeat.BeatIfDue();
      continue;
    }
    SetProblem("the upstream is gone");
    return;
  }
}

void Replica::Learn() {
  auto learned = LearnByReflection(&caller_, kLearnTimeout);
  if (learned.ok()) {
    observer_->OnLearned(*std::move(learned));
    return SetProblem("");
  }
  const absl::Status& status = learned.status();
  const std::string message(status.message());
  constexpr char kFailed[] = "the upstream could not be asked what it offers: ";
  if (absl::IsUnimplemented(status)) {
    SetProblem(
        "the upstream has no server reflection; start the bridge with "
        "--descriptor_set=FILE");
  } else if (absl::IsUnavailable(status)) {
    // It names addresses, which is no client's affair.
    SetProblem(absl::StrCat(kFailed, kNoConnection), message);
  } else {
    SetProblem(absl::StrCat(kFailed, message));
  }
}

void Replica::SetProblem(std::string_view problem, const std::string& why) {
  if (problem == problem_) return;
  problem_ = problem;
  observer_->OnChanged(options_.index, problem_, why);
}

}  // namespace bridge
