#pragma once

namespace exectap {

// A pipe whose ends are closed on exec: Node.js has none to give to a child as its standard output. false leaves errno
// set.
bool makePipe(int& readEnd, int& writeEnd);

}  // namespace exectap
