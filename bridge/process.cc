#include "bridge/process.h"

#include <pthread.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "bridge/help.h"
#include "bridge/library_logs.h"
#include "bridge/log_lines.h"
#include "bridge/version.h"
#include "tools/cpp/runfiles/runfiles.h"

ABSL_FLAG(
    std::string, log_format, "text",
    "How the log looks, which is on standard error: text, or json, a line "
    "for each message.");

namespace bridge {
namespace {

std::string NameOf(const char* argv0) {
  return std::filesystem::path(argv0).filename().string();
}

}  // namespace

// Debian's Abseil looks for cycles at each lock, gRPC's too, even in optimised
// programs. That is for tests, which leave it on.
void SetUpProcess() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

void ParseFlags(std::string_view usage, int argc, char** argv) {
  absl::SetProgramUsageMessage(std::string(usage));
  if (AsksForHelp(argc, argv)) {
    std::fputs(Help(usage).c_str(), stdout);
    std::exit(0);
  }
  absl::FlagsUsageConfig config;
  config.version_string = [name = NameOf(argv[0])] {
    return absl::StrCat(name, " ", kVersion, "\n");
  };
  absl::SetFlagsUsageConfig(config);
  std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  // stdout is for the addresses that are served.
  spdlog::set_default_logger(spdlog::stderr_color_mt(NameOf(argv[0])));
  LogLibraries();
  const std::string format = absl::GetFlag(FLAGS_log_format);
  spdlog::set_formatter(format == "json" ? JsonLines() : TextLines());
  if (format != "json" && format != "text") {
    std::exit(Fail(absl::InvalidArgumentError(
        absl::StrCat("--log_format=", format, ": must be text or json"))));
  }
  if (rest.size() > 1) {
    std::exit(Fail(absl::InvalidArgumentError(
        absl::StrCat("not a flag: ", rest[1], " (see --help)"))));
  }
}

int Fail(const absl::Status& status) {
  const std::string message(status.message());
  if (absl::GetFlag(FLAGS_log_format) == "json") {
    spdlog::critical("{}", message);
  } else {
    std::fprintf(stderr, "error: %s\n", message.c_str());
  }
  return 1;
}

std::string DashboardFolder(const char* argv0) {
  using bazel::tools::cpp::runfiles::Runfiles;
  std::string error;
  std::unique_ptr<Runfiles> runfiles(Runfiles::Create(argv0, &error));
  if (runfiles == nullptr) return "";
  std::string folder = runfiles->Rlocation("happiness/web/site");
  return std::filesystem::is_directory(folder) ? folder : "";
}

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignal::Wait() {
  int signal;
  sigwait(&signals_, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

}  // namespace bridge
