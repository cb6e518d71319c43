#include "service/rpc/pass_watch.h"

namespace happiness {

PassWatch::PassWatch(OpenStreams* streams)
    : streams_(streams), thread_([this] {
        while (!stopping_.WaitFor(kInterval)) streams_->StopInvalid();
      }) {}

PassWatch::~PassWatch() {
  stopping_.Ring();
  thread_.join();
}

}  // namespace happiness
