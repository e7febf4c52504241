#include "trusted_path.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

namespace exectap {

namespace {

// As the kernel's own bound on links in one look-up [path_resolution(7)].
constexpr int mostLinks = 40;
// An installed program has some thousands of files.
constexpr int mostEntries = 100000;
constexpr int deepestFolder = 64;

std::string withMode(const std::string& path, const char* what, const struct stat& facts) {
  char text[64];
  std::snprintf(text, sizeof text, " (owner %u, mode %04o)", static_cast<unsigned>(facts.st_uid),
                static_cast<unsigned>(facts.st_mode & 07777));
  return path + what + text;
}

bool isOwner(const Owners& owners, uid_t uid) { return uid == 0 || (owners.development && uid == owners.user); }

class PathCheck {
 public:
  PathCheck(const Owners& owners, std::string& problem) : owners_(owners), problem_(problem) {}

  // Leaves where the path leads, without links, in `resolved`.
  bool walk(const std::string& path, std::string& resolved) {
    if (path.empty() || path[0] != '/') return fail(path + " is not an absolute path");
    resolved.clear();
    if (!look("/", facts_)) return false;
    size_t at = 0;
    while (at < path.size()) {
      const size_t end = path.find('/', at) == std::string::npos ? path.size() : path.find('/', at);
      const std::string part = path.substr(at, end - at);
      at = end + 1;
      if (part.empty() || part == ".") continue;
      if (!step(part, resolved)) return false;
    }
    if (resolved.empty()) resolved = "/";
    return true;
  }

 private:
  bool fail(const std::string& problem) {
    problem_ = problem;
    return false;
  }

  bool step(const std::string& part, std::string& resolved) {
    if (part == "..") {
      resolved.resize(resolved.rfind('/') == std::string::npos ? 0 : resolved.rfind('/'));
      return look(resolved.empty() ? "/" : resolved, facts_);
    }
    const std::string next = resolved + "/" + part;
    const bool sticky = stickyShared_;
    struct stat facts = {};
    if (!look(next, facts)) return false;
    if (sticky && !isOwner(owners_, facts.st_uid)) return fail(withMode(next, " belongs to another user", facts));
    if (!S_ISLNK(facts.st_mode)) {
      resolved = next;
      return true;
    }
    return follow(next, resolved);
  }

  bool follow(const std::string& link, std::string& resolved) {
    if (++links_ > mostLinks) return fail(link + " leads through too many symbolic links");
    char target[PATH_MAX];
    const ssize_t length = readlink(link.c_str(), target, sizeof target);
    if (length < 0) return fail(link + ": " + std::strerror(errno));
    std::string path(target, static_cast<size_t>(length));
    if (path.empty() || path[0] != '/') path = resolved + "/" + path;
    return walk(path, resolved);
  }

  // Owner and mode of one entry; a link's mode means nothing, its folder guards it.
  bool look(const std::string& path, struct stat& facts) {
    if (lstat(path.c_str(), &facts) != 0) return fail(path + ": " + std::strerror(errno));
    if (!isOwner(owners_, facts.st_uid)) return fail(withMode(path, " does not belong to root", facts));
    stickyShared_ = false;
    if (S_ISLNK(facts.st_mode) || (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return true;
    stickyShared_ = owners_.development && S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
    return stickyShared_ || fail(withMode(path, " can be written by others", facts));
  }

  const Owners& owners_;
  std::string& problem_;
  struct stat facts_ = {};
  int links_ = 0;
  // The last folder can be written by others, but not its entries by any but their owners.
  bool stickyShared_ = false;
};

class TreeCheck {
 public:
  TreeCheck(const Owners& owners, std::string& problem) : owners_(owners), problem_(problem) {}

  bool below(const std::string& folder, int depth) {
    if (depth > deepestFolder) return fail(folder + " is nested too deeply");
    DIR* const entries = opendir(folder.c_str());
    if (entries == nullptr) return fail(folder + ": " + std::strerror(errno));
    bool good = true;
    for (const dirent* entry = readdir(entries); entry != nullptr && good; entry = readdir(entries)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") good = entryOf(folder + "/" + name, depth);
    }
    closedir(entries);
    return good;
  }

 private:
  bool fail(const std::string& problem) {
    problem_ = problem;
    return false;
  }

  bool entryOf(const std::string& path, int depth) {
    if (++entries_ > mostEntries) return fail(path + ": more files than a program has");
    struct stat facts = {};
    if (lstat(path.c_str(), &facts) != 0) return fail(path + ": " + std::strerror(errno));
    if (!isOwner(owners_, facts.st_uid)) return fail(withMode(path, " does not belong to root", facts));
    if (S_ISLNK(facts.st_mode)) return trustedPath(path, owners_, problem_);
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) return fail(withMode(path, " can be written by others", facts));
    return !S_ISDIR(facts.st_mode) || below(path, depth + 1);
  }

  const Owners& owners_;
  std::string& problem_;
  int entries_ = 0;
};

}  // namespace

bool trustedPath(const std::string& path, const Owners& owners, std::string& problem) {
  std::string resolved;
  return PathCheck(owners, problem).walk(path, resolved);
}

bool trustedTree(const std::string& folder, const Owners& owners, std::string& problem) {
  std::string resolved;
  if (!PathCheck(owners, problem).walk(folder, resolved)) return false;
  struct stat facts = {};
  if (lstat(resolved.c_str(), &facts) == 0 && !S_ISDIR(facts.st_mode)) return true;
  return TreeCheck(owners, problem).below(resolved, 0);
}

}  // namespace exectap
