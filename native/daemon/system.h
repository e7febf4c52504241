#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

// What differs between macOS and Linux, behind one interface. Linux is there to run and test the pump for real;
// system_darwin.cc is written against Apple's headers and manual pages and has not been run.
namespace exectap {

struct HostFacts {
  // IOPlatformUUID on macOS, machine-id on Linux; empty when the system does not say.
  std::string id;
  std::string name;
  std::string architecture;
  std::string osVersion;
  std::string osBuild;
  std::string kernel;
  // Another one after each boot.
  std::string bootId;
};

HostFacts hostFacts();

struct Clocks {
  // Nanoseconds since the epoch.
  uint64_t wallNs;
  // In ticks of numer / denom nanoseconds, as Endpoint Security's mach_time; it stands still while the machine sleeps.
  uint64_t machTime;
  uint32_t numer;
  uint32_t denom;
};

Clocks clocks();
// Milliseconds of a clock that nobody can set and that stands still while the machine sleeps.
uint64_t monotonicMs();

// Closes every descriptor from `first` on.
void closeFrom(int first);

// No core dumps, and no reading of this process's memory by others, as far as the system knows such a thing.
void hardenProcess();
// In a child that has dropped its rights: nothing it executes may give it any back.
bool forbidNewPrivileges();

struct ProcessFacts {
  pid_t pid = 0;
  pid_t parent = 0;
  uid_t uid = 0;
  // Microseconds since the epoch.
  uint64_t startUs = 0;
  std::string program;
};

// What the system knows of a living process; false where there is none.
bool processFacts(pid_t pid, ProcessFacts& facts);

// One process of all times: by audit token, or by pid and the time of its start.
struct ProcessIdentity {
  bool byToken = false;
  uint32_t token[8] = {};
  pid_t pid = 0;
  uint64_t startUs = 0;
};

enum class KillResult { done, gone, refused, unsupported, failed };

struct KillOutcome {
  KillResult result;
  std::string reason;
};

// Sends SIGKILL to the process of this identity and to no other. `refuse` sees what is known of it first and gives a
// reason, or an empty text.
//
// Linux: a pidfd holds the process while it is looked at. macOS, by token: the kernel compares the pidversion. macOS, by
// start: between the look and the signal lie some microseconds in which the process may end and its pid be given away;
// pids are handed out in turn there, so a second life in that time needs a wrap of all pids.
KillOutcome killProcess(const ProcessIdentity& who, const std::function<std::string(const ProcessFacts&)>& refuse);

// Whether it is one of the system's own daemons: started by launchd for the system, from a program that only the system's
// updates can write, and no shell or interpreter, which may run anything.
bool isSystemDaemon(const ProcessFacts& facts);

// Ends what a worker that has ended has left running: its children may have its descriptors. `spared` is a child of ours.
// Linux: the pump is their reaper, so they are its children. macOS: everything that runs as this user, who is the worker's
// alone.
void endLeftOvers(uid_t user, gid_t group, pid_t spared);

}  // namespace exectap
