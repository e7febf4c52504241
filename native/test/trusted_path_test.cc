#include "../daemon/trusted_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "check.h"

using namespace exectap;

namespace {

// A folder of our own under /tmp, which is sticky.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/exectap-trust-XXXXXX";
    path = mkdtemp(name);
  }
  ~Scratch() {
    const std::string command = "rm -rf " + path;
    if (std::system(command.c_str()) != 0) check::fault(__FILE__, __LINE__, "cannot remove " + path);
  }
  std::string file(const std::string& name, mode_t mode) {
    const std::string made = path + "/" + name;
    close(open(made.c_str(), O_CREAT | O_WRONLY, 0600));
    chmod(made.c_str(), mode);
    return made;
  }
  std::string folder(const std::string& name, mode_t mode) {
    const std::string made = path + "/" + name;
    mkdir(made.c_str(), 0700);
    chmod(made.c_str(), mode);
    return made;
  }
  std::string path;
};

const Owners root = {false, 0};
Owners user() { return {true, getuid()}; }

std::string problemOf(const std::string& path, const Owners& owners) {
  std::string problem;
  return trustedPath(path, owners, problem) ? "" : problem;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(path_of_the_system_is_trusted) { EQUAL(problemOf("/usr/bin/env", root), ""); }

TEST(path_through_a_world_writable_folder_is_refused_except_in_development) {
  Scratch scratch;
  const std::string file = scratch.file("program", 0755);
  CHECK(contains(problemOf(file, root), "/tmp can be written by others"));
  EQUAL(problemOf(file, user()), "");
}

TEST(file_that_group_or_others_can_write_is_refused_with_its_mode) {
  Scratch scratch;
  CHECK(contains(problemOf(scratch.file("group", 0770), user()), "group can be written by others (owner"));
  CHECK(contains(problemOf(scratch.file("others", 0702), user()), "mode 0702"));
}

TEST(folder_that_others_can_write_is_refused_though_the_file_is_not) {
  Scratch scratch;
  scratch.folder("open", 0777);
  CHECK(contains(problemOf(scratch.file("open/file", 0600), user()), "/open can be written by others"));
}

TEST(link_is_followed_and_its_target_looked_at_too) {
  Scratch scratch;
  const std::string link = scratch.path + "/link";
  scratch.folder("open", 0777);
  const std::string target = scratch.file("open/target", 0600);
  EQUAL(symlink("open/target", link.c_str()), 0);
  CHECK(contains(problemOf(link, user()), "/open can be written by others"));
  chmod((scratch.path + "/open").c_str(), 0755);
  EQUAL(problemOf(link, user()), "");
  EQUAL(problemOf(scratch.path + "/open/../link", user()), "");
}

TEST(links_in_a_circle_are_refused) {
  Scratch scratch;
  const std::string link = scratch.path + "/link";
  EQUAL(symlink("link", link.c_str()), 0);
  CHECK(contains(problemOf(link, user()), "too many symbolic links"));
}

TEST(relative_path_is_refused) { CHECK(contains(problemOf("usr/bin/env", root), "not an absolute path")); }

TEST(missing_file_is_refused) { CHECK(contains(problemOf("/usr/bin/no-such-program", root), "No such file")); }

TEST(tree_is_refused_for_one_file_in_it) {
  Scratch scratch;
  scratch.folder("deep", 0755);
  scratch.folder("deep/er", 0755);
  const std::string file = scratch.file("deep/er/module.js", 0644);
  std::string problem;
  CHECK(trustedTree(scratch.path, user(), problem));
  chmod(file.c_str(), 0666);
  CHECK(!trustedTree(scratch.path, user(), problem));
  CHECK(contains(problem, "module.js can be written by others"));
  CHECK(!trustedTree(file, user(), problem));
  chmod(file.c_str(), 0644);
  CHECK(trustedTree(file, user(), problem));
}

TEST(file_of_another_user_is_refused) {
  // Only root can make one.
  if (getuid() != 0) return;
  Scratch scratch;
  const std::string file = scratch.file("foreign", 0600);
  EQUAL(chown(file.c_str(), 65534, 65534), 0);
  CHECK(contains(problemOf(file, user()), "(owner 65534"));
  EQUAL(problemOf(file, Owners{true, 65534}), "");
}
