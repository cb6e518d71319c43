#include "tests/service/testing/program.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <utility>

extern char** environ;

namespace happiness {

Program::Program(std::vector<std::string> flags, std::string binary)
    : errors_(memfd_create("errors", MFD_CLOEXEC)) {
  int out[2];
  EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors_, STDERR_FILENO);
  // What the test closes is closed then.
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  flags.insert(flags.begin(), std::move(binary));
  std::vector<char*> argv;
  for (std::string& flag : flags) argv.push_back(flag.data());
  argv.push_back(nullptr);
  EXPECT_EQ(
      posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  out_ = fdopen(out[0], "r");
}

Program::~Program() {
  if (pid_ != 0) {
    Signal(SIGKILL);
    Wait();
  }
  fclose(out_);
  close(errors_);
}

std::string Program::ReadLine() {
  std::string line;
  for (int c = fgetc(out_); c != EOF && c != '\n'; c = fgetc(out_)) {
    line += static_cast<char>(c);
  }
  return line;
}

int Program::port() {
  if (port_.empty()) {
    const std::string line = ReadLine();
    port_ = line.substr(line.rfind(':') + 1);
  }
  return std::stoi(port_);
}

int64_t Program::ResidentKiB() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    int64_t size = 0;
    if (word == "VmRSS:" && status >> size) return size;
  }
  ADD_FAILURE() << "no VmRSS";
  return 0;
}

std::shared_ptr<grpc::Channel> Program::Connect() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("ipv4:127.0.0.1:" + std::to_string(port()),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::string Program::ReadOutput() {
  std::string text;
  for (int c = fgetc(out_); c != EOF; c = fgetc(out_)) {
    text += static_cast<char>(c);
  }
  return text;
}

std::string Program::ReadErrors() {
  siginfo_t ended;
  if (pid_ != 0) {
    EXPECT_EQ(waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT),
              0);
  }
  std::string text;
  std::array<char, 4'096> part;
  for (;;) {
    const ssize_t size = pread(errors_, part.data(), part.size(),
                               static_cast<off_t>(text.size()));
    if (size <= 0) return text;
    text.append(part.data(), static_cast<size_t>(size));
  }
}

void Program::Signal(int signal) { kill(pid_, signal); }

void Program::Stop() {
  Signal(SIGSTOP);
  int status = 0;
  EXPECT_EQ(waitpid(pid_, &status, WUNTRACED), pid_);
  EXPECT_TRUE(WIFSTOPPED(status));
}

int Program::Wait() {
  int status = 0;
  EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  pid_ = 0;
  return status;
}

int Program::ExitCode() {
  const int status = Wait();
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

}  // namespace happiness
