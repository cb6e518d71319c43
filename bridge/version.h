#ifndef BRIDGE_VERSION_H_
#define BRIDGE_VERSION_H_

namespace bridge {

// Of the bridge, and of the service that comes with it.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace bridge

#endif  // BRIDGE_VERSION_H_
