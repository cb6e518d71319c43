// Where the messages of a stream come from.

#ifndef BRIDGE_STREAMS_SOURCE_H_
#define BRIDGE_STREAMS_SOURCE_H_

#include <cstdint>
#include <string_view>

#include "bridge/endings.h"
#include "bridge/feed/frame.h"

namespace bridge {

// What a stream has to send now, and whether there will be more. Used on its
// shard's thread; destroying it ends what it began at the upstream.
class Source {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // There may be something new. Must not use the source at once.
    virtual void OnChange() = 0;
  };

  virtual ~Source() = default;

  // Looks what there is. To be called before what is below is used.
  virtual void Update() = 0;
  // The upstream has accepted.
  virtual bool open() const = 0;
  // How many messages can be sent now; and the `index`th of them.
  virtual uint64_t ready() const = 0;
  virtual const FramePtr& at(uint64_t index) const = 0;
  // Why nothing will come behind those; null if something may.
  virtual const Ending* ending() const = 0;
  // The next `count` messages are sent, or on their way.
  virtual void Advance(uint64_t count) = 0;
  // An upstream call may be there for it alone.
  virtual bool holds_call() const = 0;
  // The method's path, for the log.
  virtual std::string_view method() const = 0;
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_SOURCE_H_
