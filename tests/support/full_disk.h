// tests/support/full_disk.h: writes that fail as on a full disk, without one and without any right.
//
// Source: seccomp(2), "SECCOMP_SET_MODE_FILTER".

#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace streamonce::testing {

/// From now on a write(2) of `bytes` or more fails with ENOSPC, as on a disk that has less room, in
/// the calling thread and in all that it starts, programs too. There is no way back: call it in a
/// thread or a process made for it. A write cut short, which a full disk does too, can be had with
/// a limit on the size of files (RLIMIT_FSIZE).
/// @return false: the system does not take filters of system calls
inline bool refuse_writes_of(std::uint32_t bytes) {
  constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
  constexpr std::uint32_t kCount = offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t);
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, /*jt=*/0, /*jf=*/3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kCount),  // the lower half: numbers are little-endian here
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, bytes, /*jt=*/0, /*jf=*/1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = sizeof steps / sizeof steps[0], .filter = steps};
  // A process that gives up gaining rights may set filters.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace streamonce::testing
