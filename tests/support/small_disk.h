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

/// Puts a disk of 64 KiB in the place of `folder`, which goes with the process: call it in a child
/// of one thread. Who is not root becomes it in a user namespace. @return false: neither is allowed
inline bool mount_small_disk(const std::string& folder) {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  const bool is_root = user == "0";
  if (::unshare(is_root ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) return false;
  if (!is_root && (!write_proc("/proc/self/setgroups", "deny") ||
                   !write_proc("/proc/self/uid_map", "0 " + user + " 1") ||
                   !write_proc("/proc/self/gid_map", "0 " + group + " 1")))
    return false;
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
}

}  // namespace streamonce::testing
