// The main of a fuzz test where there is no libFuzzer:
//
//   x_fuzz_test MUTANTS FILE...
//
// Tries each file, then so many inputs that are made out of them, the same ones
// at each run. One at which the process aborts is left as a file.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Where there is one.
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc,
                                                          char*** argv);

namespace {

using Random = std::mt19937;

constexpr int kMaxChanges = 4;  // in a mutant

std::string current;        // what is tried
std::string artifact_path;  // where it is left

// Async-signal-safe.
void LeaveInput(int /*signal*/) {
  const int file = open(artifact_path.c_str(), O_WRONLY | O_CREAT, 0644);
  if (file >= 0 && write(file, current.data(), current.size()) >= 0)
    close(file);
}

void Try(std::string input) {
  current = std::move(input);
  // A copy of its own size, so that a sanitizer sees a read behind its end.
  const std::vector<uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

size_t Below(Random& random, size_t end) {
  return std::uniform_int_distribution<size_t>(0, end - 1)(random);
}

// A piece of one of the inputs.
std::string Piece(Random& random, const std::vector<std::string>& inputs) {
  const std::string& from = inputs[Below(random, inputs.size())];
  const size_t begin = Below(random, from.size() + 1);
  return from.substr(begin, Below(random, 20));
}

void Change(Random& random, const std::vector<std::string>& inputs,
            std::string* input) {
  const size_t at = Below(random, input->size() + 1);
  const auto byte = static_cast<char>(Below(random, 256));
  switch (Below(random, 5)) {
    case 0:
      input->insert(at, 1, byte);
      break;
    case 1:
      input->insert(at, Piece(random, inputs));
      break;
    case 2:
      input->erase(at, Below(random, 20));
      break;
    case 3:
      input->resize(at);
      break;
    default:
      if (at < input->size()) (*input)[at] = byte;
  }
}

std::string Mutant(Random& random, const std::vector<std::string>& inputs) {
  std::string input = inputs[Below(random, inputs.size())];
  for (size_t i = 1 + Below(random, kMaxChanges); i > 0; --i) {
    Change(random, inputs, &input);
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s MUTANTS FILE...\n", argv[0]);
    return 1;
  }
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  artifact_path = std::string(outputs != nullptr ? outputs : ".") + "/crash";
  std::signal(SIGABRT, LeaveInput);

  std::vector<std::string> inputs;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "%s: can't be read\n", argv[i]);
      return 1;
    }
    inputs.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
    std::fprintf(stderr, "%s\n", argv[i]);
    Try(inputs.back());
  }
  Random random(2026);
  const int mutants = std::atoi(argv[1]);
  std::fprintf(stderr, "%d mutants\n", mutants);
  for (int i = 0; i < mutants; ++i) Try(Mutant(random, inputs));
}
