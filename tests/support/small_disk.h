// tests/support/small_disk.h: a disk that is soon full, for the calling process and its children.

#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace streamonce::testing {

inline bool write_proc(const char* path, std::string_view text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written;
}

/// Becomes root of a user namespace, with mounts of its own.
inline bool enter_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  return ::unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
         write_proc("/proc/self/setgroups", "deny") &&
         write_proc("/proc/self/uid_map", "0 " + user + " 1") &&
         write_proc("/proc/self/gid_map", "0 " + group + " 1");
}

/// Puts a disk of 64 KiB in the place of `folder`, which goes with the process: call it in a child
/// of one thread. @return false: it may neither mount, nor enter a user namespace
inline bool mount_small_disk(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0 && !enter_user_namespace()) return false;
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
}

}  // namespace streamonce::testing
