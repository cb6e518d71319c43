// A run of a program of ours, the service unless said.
//
//   Program program({"--grpc_port=0", "--nobridge"});
//   auto stub = v1::HappinessService::NewStub(program.Connect());
//   program.Signal(SIGTERM);
//   EXPECT_EQ(program.ExitCode(), 0);

#ifndef TESTS_SERVICE_TESTING_PROGRAM_H_
#define TESTS_SERVICE_TESTING_PROGRAM_H_

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace happiness {

// Kills it if it is still there at the end of the test. Belongs to one thread.
class Program {
 public:
  // Starts it, which must be among the test's data, and does not wait until it
  // is ready.
  explicit Program(std::vector<std::string> flags,
                   std::string binary = "service/service");
  ~Program();

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line on standard output, without its end; empty if there is none.
  std::string ReadLine();

  // A new connection, which shares nothing with others. Takes the first line,
  // which says the port: the program must be ready, or about to be.
  std::shared_ptr<grpc::Channel> Connect();

  // All that is left on standard output, or all of standard error, once it has
  // ended.
  std::string ReadOutput();
  std::string ReadErrors();

  pid_t pid() const { return pid_; }

  // Its port of gRPC, from the first line, as Connect.
  int port();

  // Of its memory.
  int64_t ResidentKiB() const;

  void Signal(int signal);

  // Stops it, and returns when it stands still.
  void Stop();

  // What waitpid says of the end.
  int Wait();

  int ExitCode();

 private:
  pid_t pid_ = 0;  // 0: waited for
  FILE* out_ = nullptr;
  int errors_;  // a file, since a pipe that nobody reads would hold it up
  std::string port_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_PROGRAM_H_
