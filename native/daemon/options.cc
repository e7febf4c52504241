#include "options.h"

namespace exectap {

const char* const usage =
    "exectapd [options] -- PROGRAM [ARGUMENT...]   tap this host, and run the worker PROGRAM on what comes\n"
    "exectapd [options] --print                    write the tap's stream to standard output\n"
    "\n"
    "  --user NAME          who the worker becomes (default: _exectap)\n"
    "  --program PATH       the worker's program, the plist: all of it must be root's; may be given again\n"
    "  --socket PATH        the control socket, made here and handed to the worker\n"
    "  --socket-group NAME  whose members may use it (default: admin)\n"
    "  --response-file PATH processes are killed on request while this file of root's is there\n"
    "  --tap PROGRAM        instead of /usr/bin/eslogger\n"
    "  --transport KIND     how the tap's lines come: pty (default) or pipe\n"
    "  --poke-after MS      with pipe: push out a line that waits so long; 0 never (default: 2000)\n"
    "  --tap-record PATH    where the tap is noted, so that one that is left over is ended\n"
    "  --development        as any user: files may be the running user's, and the worker stays that user\n"
    "\n"
    "Exit codes: 0 ended in order, 1 it failed, 2 wrong usage.\n";

namespace {

std::string* valueOf(const std::string& name, Options& options) {
  if (name == "--user") return &options.user;
  if (name == "--socket") return &options.socket;
  if (name == "--socket-group") return &options.socketGroup;
  if (name == "--response-file") return &options.responseFile;
  if (name == "--tap") return &options.tap;
  if (name == "--tap-record") return &options.tapRecord;
  if (name == "--program") return &options.programs.emplace_back();
  return nullptr;
}

std::string takeTransport(const std::string& transport, const std::string& poke, Options& options) {
  if (!transport.empty() && transport != "pty" && transport != "pipe") return transport + ": give pty or pipe";
  if (!transport.empty()) options.pipe = transport == "pipe";
  if (poke.empty()) return "";
  if (poke.size() > 7 || poke.find_first_not_of("0123456789") != std::string::npos) return poke + ": give milliseconds";
  options.pokeAfterMs = std::stoull(poke);
  return "";
}

bool absolute(const std::string& path) { return path.empty() || path[0] == '/'; }

std::string faultOf(const Options& options) {
  if (options.print != options.worker.empty()) {
    return options.print ? "--print has no worker" : "the worker is missing: -- PROGRAM [ARGUMENT...]";
  }
  if (!options.print && !options.development && options.programs.empty()) return "--program is missing";
  for (const std::string& path : {options.socket, options.responseFile, options.tap, options.tapRecord}) {
    if (!absolute(path)) return path + ": give an absolute path";
  }
  for (const std::string& path : options.programs) {
    if (!absolute(path)) return path + ": give an absolute path";
  }
  if (!options.worker.empty() && options.worker[0].compare(0, 1, "/") != 0) {
    return options.worker[0] + ": give the worker's absolute path";
  }
  return "";
}

}  // namespace

Parsed parseOptions(const std::vector<std::string>& arguments, Options& options, std::string& problem) {
  for (size_t index = 0; index < arguments.size(); ++index) {
    const std::string& name = arguments[index];
    if (name == "--help") return Parsed::help;
    if (name == "--") {
      options.worker.assign(arguments.begin() + static_cast<std::ptrdiff_t>(index) + 1, arguments.end());
      break;
    }
    if (name == "--development" || name == "--print") {
      (name == "--print" ? options.print : options.development) = true;
      continue;
    }
    std::string transport, poke;
    std::string* const value = name == "--transport" ? &transport : name == "--poke-after" ? &poke : valueOf(name, options);
    if (value == nullptr) {
      problem = "unknown option " + name;
      return Parsed::wrong;
    }
    if (index + 1 == arguments.size() || arguments[index + 1].empty()) {
      problem = name + " needs a value";
      return Parsed::wrong;
    }
    *value = arguments[++index];
    problem = takeTransport(transport, poke, options);
    if (!problem.empty()) return Parsed::wrong;
  }
  problem = faultOf(options);
  return problem.empty() ? Parsed::good : Parsed::wrong;
}

}  // namespace exectap
