// What one request holds of a memory that all of them share.

#ifndef BRIDGE_ADMISSION_BYTE_SHARE_H_
#define BRIDGE_ADMISSION_BYTE_SHARE_H_

#include <atomic>
#include <cstdint>

namespace bridge {

// Counts in `held`, which is all shares' and must outlive them; gives back what
// it has when it goes. A share belongs to one thread, `held` to any number.
//
// So little that there are no more of them than connections counts nothing:
// when all is taken, small requests are answered still.
class ByteShare {
 public:
  static constexpr int64_t kFree = 8 << 10;

  ByteShare(std::atomic<int64_t>* held, int64_t limit)
      : held_(*held), limit_(limit) {}
  ~ByteShare() { Hold(0); }

  ByteShare(const ByteShare&) = delete;
  ByteShare& operator=(const ByteShare&) = delete;

  // Has so many bytes from now on. False, and it has what it had before, if all
  // shares together would have more than the limit; to hold less is always
  // possible.
  bool Hold(int64_t bytes) {
    if (bytes <= kFree) bytes = 0;
    const int64_t more = bytes - bytes_;
    if (more > 0 && held_.fetch_add(more) + more > limit_) {
      held_.fetch_sub(more);
      return false;
    }
    if (more < 0) held_.fetch_add(more);
    bytes_ = bytes;
    return true;
  }

 private:
  std::atomic<int64_t>& held_;
  const int64_t limit_;
  int64_t bytes_ = 0;
};

}  // namespace bridge

#endif  // BRIDGE_ADMISSION_BYTE_SHARE_H_
