#include "bridge/upstream/upstream.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bridge/upstream/heartbeat.h"
#include "bridge/upstream/reflection.h"

namespace bridge {
namespace {

constexpr absl::Duration kLearnTimeout = absl::Seconds(10);
constexpr absl::Duration kRetry = absl::Milliseconds(500);
// How long a ping may take, at the most.
constexpr absl::Duration kLongestPing = absl::Seconds(10);
// How often a wait looks whether to stop.
constexpr absl::Duration kLook = absl::Milliseconds(100);
// How long a call may take to fail.
constexpr absl::Duration kProbe = absl::Seconds(1);
constexpr char kUnreachable[] = "the upstream can't be reached; trying again";

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(
    const Upstream::Options& options) {
  if (options.in_process != nullptr) return options.in_process;
  auto credentials = CredentialsOf(options.tls);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  // An upstream that comes back is found again within a second or so.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // One that vanished without a word is noticed.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(options.keepalive));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                   Millis(std::min(options.keepalive, kLongestPing)));
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetUserAgentPrefix("happiness-bridge");
  return grpc::CreateCustomChannel(options.target, *credentials, arguments);
}

}  // namespace

Upstream::Upstream(Options options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      caller_(channel_),
      problem_("the upstream has not been reached yet") {}

absl::StatusOr<std::unique_ptr<Upstream>> Upstream::Connect(Options options) {
  auto channel = MakeChannel(options);
  if (!channel.ok()) return channel.status();
  std::unique_ptr<Upstream> upstream(
      new Upstream(std::move(options), *std::move(channel)));
  const std::string& file = upstream->options_.descriptor_set;
  if (!file.empty()) {
    auto catalog = LearnFromFile(file);
    if (!catalog.ok()) return catalog.status();
    absl::MutexLock lock(&upstream->mutex_);
    upstream->catalog_ = *std::move(catalog);
  }
  upstream->thread_ = std::thread([self = upstream.get()] { self->Run(); });
  return upstream;
}

Upstream::~Upstream() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.Ring();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Catalog> Upstream::catalog() const {
  absl::MutexLock lock(&mutex_);
  return catalog_;
}

absl::Status Upstream::Ready() const {
  absl::MutexLock lock(&mutex_);
  if (problem_.empty()) return absl::OkStatus();
  return absl::UnavailableError(problem_);
}

bool Upstream::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Upstream::Run() {
  while (WaitConnected()) {
    if (options_.descriptor_set.empty()) {
      Learn();
    } else {
      SetProblem("");
    }
    if (Ready().ok()) {
      WaitDisconnected();
    } else {
      stop_.WaitFor(kRetry);
    }
  }
}

void Upstream::Learn() {
  auto learned = LearnByReflection(&caller_, kLearnTimeout);
  if (absl::IsUnimplemented(learned.status())) {
    SetProblem(
        "the upstream has no server reflection; start the bridge with "
        "--descriptor_set=FILE");
    return;
  }
  if (!learned.ok()) {
    SetProblem(absl::StrCat("the upstream could not be asked what it offers: ",
                            std::string(learned.status().message())));
    return;
  }
  std::shared_ptr<const Catalog> known = catalog();
  if (known == nullptr || !known->SameAs(**learned)) {
    spdlog::info("upstream offers {} methods{}", (*learned)->methods().size(),
                 known == nullptr ? "" : ", others than before");
    for (const std::string& warning : (*learned)->warnings()) {
      spdlog::warn("{}", warning);
    }
    absl::MutexLock lock(&mutex_);
    catalog_ = *std::move(learned);
  }
  SetProblem("");
}

// Clients are told what it is, and the log where.
void Upstream::SetProblem(const std::string& problem) {
  absl::MutexLock lock(&mutex_);
  if (problem == problem_) return;
  problem_ = problem;
  if (problem.empty()) {
    spdlog::info("upstream is ready");
  } else if (options_.in_process != nullptr) {
    spdlog::warn("{}", problem);
  } else {
    spdlog::warn("{} ({})", problem, options_.target);
  }
}

// Returns false if it is time to stop.
bool Upstream::WaitConnected() {
  while (!stopping()) {
    if (options_.in_process != nullptr) return true;
    grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) {
      const bool news = Ready().message() != kUnreachable;
      SetProblem(kUnreachable);
      // The channel does not say why. A call that fails does, in the log.
      if (news) LearnByReflection(&caller_, kProbe).status().IgnoreError();
    }
    channel_->WaitForStateChange(state,
                                 absl::ToChronoTime(absl::Now() + kLook));
  }
  return false;
}

void Upstream::WaitDisconnected() {
  if (options_.in_process != nullptr) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&stopping_));
    return;
  }
  Heartbeat heartbeat(&caller_, options_.keepalive);
  while (!stopping()) {
    if (!channel_->WaitForStateChange(
            GRPC_CHANNEL_READY, absl::ToChronoTime(absl::Now() + kLook))) {
      heartbeat.BeatIfDue();
      continue;
    }
    SetProblem("the upstream is gone");
    return;
  }
}

}  // namespace bridge
