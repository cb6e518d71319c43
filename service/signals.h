// SIGTERM and SIGINT, as something to wait for.

#ifndef SERVICE_SIGNALS_H_
#define SERVICE_SIGNALS_H_

namespace happiness {

// Keeps both from interrupting any thread. Call it first in main(): threads
// that are already running are not covered. Also ignores SIGPIPE, so that a
// reader of our output or of a socket that goes away is an error and not the
// end.
void HoldTerminationSignals();

// Waits for one of them, and returns it. From then on they do again what they
// do by default: the next one ends the process at once.
int WaitForTerminationSignal();

}  // namespace happiness

#endif  // SERVICE_SIGNALS_H_
