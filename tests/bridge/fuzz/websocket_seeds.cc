// Random inputs that look like frames, for where there is no libFuzzer. The
// same ones at each run, and as many as FUZZ_RUNS says.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Random = std::mt19937;

int Pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

std::string Bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(Pick(random, 0, 255));
  return bytes;
}

// A masked frame, mostly a valid one; its content is text, mostly.
std::string Frame(Random& random) {
  constexpr uint8_t kFirst[] = {0x81, 0x81, 0x01, 0x00, 0x80, 0x89,
                                0x8A, 0x88, 0x82, 0x09, 0xC1, 0x83};
  auto first = kFirst[Pick(random, 0, sizeof kFirst - 1)];
  size_t size = static_cast<size_t>(
      Pick(random, 0, 9) == 0 ? Pick(random, 120, 320) : Pick(random, 0, 12));
  std::string frame(1, static_cast<char>(first));
  if (size < 126) {
    frame.push_back(static_cast<char>(0x80 | size));
  } else {
    frame += {'\xFE', static_cast<char>(size >> 8), static_cast<char>(size)};
  }
  std::string mask = Bytes(random, 4);
  frame += mask;
  std::string payload(size, 'a');
  if (first == 0x88 && size >= 2) {
    payload[0] = static_cast<char>(1000 >> 8);
    payload[1] = static_cast<char>(Pick(random, 0xE0, 0xFF));
  }
  if (size > 3 && Pick(random, 0, 3) == 0) payload.replace(2, 2, "\xC3\xA4");
  for (size_t i = 0; i < size; ++i) frame.push_back(payload[i] ^ mask[i % 4]);
  return frame;
}

std::string Input(Random& random) {
  const auto pieces = static_cast<size_t>(Pick(random, 0, 6));
  std::string input(1, static_cast<char>(pieces));
  for (size_t i = 0; i < pieces; ++i) {
    input.push_back(static_cast<char>(Pick(random, 0, 20)));
  }
  for (int i = Pick(random, 1, 8); i > 0; --i) input += Frame(random);
  // Often something is wrong with it.
  for (int i = Pick(random, -4, 3); i > 0; --i) {
    auto at = static_cast<size_t>(
        Pick(random, 0, static_cast<int>(input.size()) - 1));
    input[at] = static_cast<char>(Pick(random, 0, 255));
  }
  if (Pick(random, 0, 3) == 0) {
    input.resize(
        static_cast<size_t>(Pick(random, 0, static_cast<int>(input.size()))));
  }
  return input;
}

}  // namespace

int main() {
  const char* wanted = std::getenv("FUZZ_RUNS");
  const int runs = wanted != nullptr ? std::atoi(wanted) : 200'000;
  Random random(2026);
  for (int i = 0; i < runs; ++i) {
    std::string input = Input(random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                           input.size());
  }
  std::printf("%d inputs\n", runs);
}
