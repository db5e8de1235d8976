// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How many files this process may have open, RLIMIT_NOFILE of getrlimit(2). The soft limit is 1024 on most systems
// because select(2) cannot watch more; the hard limit is far above. This program does not use select(2), and needs a
// file for each ring, attached tap and capture file. Programs that it starts may use it, so they get the limit that it
// was started with. One thread.
#pragma once

#include <sys/resource.h>

namespace ringtap {

class OpenFileLimit {
 public:
  // Raises the soft limit to the hard one. Once, early; without an effect where that is forbidden.
  static void raise() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) before() = limit;
  }

  // While this object lives, what is started gets the limit from before raise(). More files than that stay open.
  OpenFileLimit() {
    if (::getrlimit(RLIMIT_NOFILE, &raised_) == 0 && before().rlim_max != 0) ::setrlimit(RLIMIT_NOFILE, &before());
  }
  OpenFileLimit(const OpenFileLimit&) = delete;
  OpenFileLimit& operator=(const OpenFileLimit&) = delete;
  ~OpenFileLimit() {
    if (before().rlim_max != 0) ::setrlimit(RLIMIT_NOFILE, &raised_);
  }

 private:
  // 0 if the limit was not raised.
  static rlimit& before() {
    static rlimit limit{};
    return limit;
  }

  rlimit raised_{};
};

}  // namespace ringtap
