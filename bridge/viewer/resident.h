// What lives on a shard.

#ifndef BRIDGE_VIEWER_RESIDENT_H_
#define BRIDGE_VIEWER_RESIDENT_H_

#include <boost/intrusive/list.hpp>

#include "bridge/endings.h"

namespace bridge {

// Something that a shard owns: see Shard::Keep.
class Resident
    : public boost::intrusive::list_base_hook<
          boost::intrusive::tag<class ResidentTag>,
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Resident() = default;
  // Tells the client why, and ends it, soon.
  virtual void Dismiss(const Ending& ending) = 0;
};

using Residents = boost::intrusive::list<
    Resident,
    boost::intrusive::base_hook<boost::intrusive::list_base_hook<
        boost::intrusive::tag<class ResidentTag>,
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>,
    boost::intrusive::constant_time_size<false>>;

}  // namespace bridge

#endif  // BRIDGE_VIEWER_RESIDENT_H_
