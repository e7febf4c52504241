// simdjson comes as a package, and gyp takes sources of its own tree only.
#include <simdjson.cpp>
