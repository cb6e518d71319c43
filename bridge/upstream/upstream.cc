#include "bridge/upstream/upstream.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bridge/upstream/reflection.h"
#include "bridge/upstream/targets.h"

namespace bridge {
namespace {

using ChannelList = std::vector<std::shared_ptr<grpc::Channel>>;

// How long a ping may take, at the most.
constexpr absl::Duration kLongestPing = absl::Seconds(10);

// Of the addresses that a target leads to, in turn each that is there.
constexpr char kBalance[] = R"({"loadBalancingConfig":[{"round_robin":{}}]})";
// And that says SERVING.
constexpr char kBalanceHealthy[] =
    R"({"loadBalancingConfig":[{"round_robin":{}}],)"
    R"("healthCheckConfig":{"serviceName":""}})";

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

grpc::ChannelArguments ArgumentsOf(const Upstream::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(options.health ? kBalanceHealthy : kBalance);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
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
  return arguments;
}

absl::StatusOr<ChannelList> MakeChannels(
    const Upstream::Options& options, const std::vector<std::string>& targets) {
  if (options.in_process != nullptr) return ChannelList{options.in_process};
  auto credentials = CredentialsOf(options.tls);
  if (!credentials.ok()) return credentials.status();
  const grpc::ChannelArguments arguments = ArgumentsOf(options);
  ChannelList channels;
  for (const std::string& target : targets) {
    channels.push_back(
        grpc::CreateCustomChannel(target, *credentials, arguments));
  }
  return channels;
}

}  // namespace

Upstream::Upstream(const Options& options, std::vector<std::string> targets,
                   const ChannelList& channels)
    : targets_(std::move(targets)),
      caller_(channels),
      ready_(channels.size(), false) {
  Replica::Observer* const observer = this;
  for (size_t i = 0; i < channels.size(); ++i) {
    replicas_.push_back(std::make_unique<Replica>(
        Replica::Options{i, channels[i], options.in_process != nullptr,
                         options.descriptor_set.empty(), options.keepalive},
        observer));
  }
}

absl::StatusOr<std::unique_ptr<Upstream>> Upstream::Connect(Options options) {
  std::vector<std::string> targets;
  if (options.in_process == nullptr) {
    auto parsed = ParseTargets(options.target);
    if (!parsed.ok()) return parsed.status();
    targets = *std::move(parsed);
  }
  auto channels = MakeChannels(options, targets);
  if (!channels.ok()) return channels.status();
  std::unique_ptr<Upstream> upstream(
      new Upstream(options, std::move(targets), *channels));
  if (!options.descriptor_set.empty()) {
    auto catalog = LearnFromFile(options.descriptor_set);
    if (!catalog.ok()) return catalog.status();
    absl::MutexLock lock(&upstream->mutex_);
    upstream->catalog_ = *std::move(catalog);
  }
  for (auto& replica : upstream->replicas_) replica->Start();
  return upstream;
}

Upstream::~Upstream() {
  for (auto& replica : replicas_) replica->Stop();
}

std::shared_ptr<const Catalog> Upstream::catalog() const {
  absl::MutexLock lock(&mutex_);
  return catalog_;
}

absl::Status Upstream::Ready() const {
  absl::MutexLock lock(&mutex_);
  if (std::find(ready_.begin(), ready_.end(), true) != ready_.end()) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(problem_);
}

int Upstream::ready_replicas() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(std::count(ready_.begin(), ready_.end(), true));
}

void Upstream::OnLearned(std::shared_ptr<const Catalog> learned) {
  bool first;
  {
    absl::MutexLock lock(&mutex_);
    first = catalog_ == nullptr;
    if (!first && catalog_->SameAs(*learned)) return;
    catalog_ = learned;
  }
  spdlog::info("upstream offers {} methods{}", learned->methods().size(),
               first ? "" : ", others than before");
  for (const std::string& warning : learned->warnings()) {
    spdlog::warn("{}", warning);
  }
}

// Clients are told what it is, and the log where.
void Upstream::OnChanged(size_t index, const std::string& problem,
                         const std::string& why) {
  {
    absl::MutexLock lock(&mutex_);
    ready_[index] = problem.empty();
    if (!problem.empty()) problem_ = problem;
  }
  std::string line = problem.empty() ? "upstream is ready" : problem;
  if (!targets_.empty() && (targets_.size() > 1 || !problem.empty())) {
    absl::StrAppend(&line, " (", targets_[index], ")");
  }
  if (!why.empty()) absl::StrAppend(&line, ": ", why);
  if (targets_.size() > 1) {
    absl::StrAppend(&line, "; ", ready_replicas(), " of ", targets_.size(),
                    " are ready");
  }
  spdlog::log(problem.empty() ? spdlog::level::info : spdlog::level::warn, "{}",
              line);
}

}  // namespace bridge
