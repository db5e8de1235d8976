// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which limit of this process, its user or the system an errno is about, what it is here and how to raise it
// (getrlimit(2), proc_sys_fs(5)); empty for every other errno. The one place that decides it: messages add it to their
// errors. Reads limits with system calls that the sandbox allows. Any thread.
#pragma once

#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace ringtap {

inline bool is_limited(__rlimit_resource_t resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

// In units of so many bytes, or of whatever the limit counts.
inline std::string limit_value(__rlimit_resource_t resource, std::uint64_t unit = 1) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return "unknown";
  return limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur / unit);
}

// Where memory was refused.
inline std::string memory_limit_text() {
  constexpr std::uint64_t kKiB = 1024;
  std::string text;
  const auto add = [&](__rlimit_resource_t resource, const char* what, const char* name, const char* option) {
    if (!is_limited(resource)) return;
    text += (text.empty() ? "" : "; ") + std::string(what) + " is limited to " + limit_value(resource, kKiB) +
            " KiB (" + name + "): raise it with ulimit " + option;
  };
  add(RLIMIT_AS, "memory", "RLIMIT_AS", "-v");
  add(RLIMIT_DATA, "data", "RLIMIT_DATA", "-d");
  return text.empty() ? "no limit of this process is set: the machine, or the memory.max of its cgroup, has no more"
                      : text;
}

inline std::string limit_text(int error) {
  switch (error < 0 ? -error : error) {
    case EMFILE:
      return "this process may have " + limit_value(RLIMIT_NOFILE) +
             " files open (RLIMIT_NOFILE): raise it with ulimit -n, or LimitNOFILE= in a systemd service";
    case ENFILE:
      return "the system has no more open files: raise the limit with sysctl fs.file-max";
    case ENOMEM:
      return memory_limit_text();
    case EAGAIN:  // no process, no thread
      return "this user may have " + limit_value(RLIMIT_NPROC) +
             " processes and threads (RLIMIT_NPROC): raise it with ulimit -u; a cgroup may have fewer (pids.max)" +
             (is_limited(RLIMIT_AS) ? "; " + memory_limit_text() : "");
    case EFBIG:
      if (!is_limited(RLIMIT_FSIZE)) return "the file system takes no larger file: -C starts the next one in time";
      return "a file may have " + limit_value(RLIMIT_FSIZE) +
             " bytes (RLIMIT_FSIZE): raise it with ulimit -f, or use -C to start the next file in time";
    default:
      return "";
  }
}

}  // namespace ringtap
