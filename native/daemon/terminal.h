#pragma once

namespace exectap {

// A pseudo-terminal in raw mode: what is written to `inner` comes out of `outer` at once and unchanged, and who has `inner`
// as its controlling terminal is told when `outer` is closed. Both are closed on exec. false leaves errno.
bool openTerminal(int& outer, int& inner);

}  // namespace exectap
