// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writing to a file, pipe, socket or terminal whose reader may be slow, or not read at all: the one place that waits
// for such a reader. Any thread.
#pragma once

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>

#include "base/end_request.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct Written {
  std::size_t bytes = 0;
  int error = 0;  // why it is not all: an errno; ETIMEDOUT: nobody read it although the run is to end
};

[[nodiscard]] inline bool is_regular_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// What there is room for now, and no more; -1 with EAGAIN: there is none. Pipes and sockets take as much as they can
// without blocking (RWF_NOWAIT of pwritev2(2); pipes since Linux 6.4); of other files, such as FIFOs and terminals,
// poll(2) says that PIPE_BUF bytes fit, pipe(7).
inline ssize_t write_what_fits(int fd, std::span<const std::byte> bytes) {
  const iovec all{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  const ssize_t count = ::pwritev2(fd, &all, 1, -1, RWF_NOWAIT);
  if (count >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return count;
  pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&room, 1, 0) > 0) return ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
  errno = EAGAIN;
  return -1;
}

// Waits for the reader of a pipe for as long as it takes, but not beyond the patience of EndRequest. A regular file
// takes all.
inline Written write_all(int fd, std::span<const std::byte> bytes, bool is_regular) {
  constexpr int kLookAgainMs = 50;
  Written written;
  while (written.bytes < bytes.size()) {
    const std::span<const std::byte> rest = bytes.subspan(written.bytes);
    const ssize_t count = is_regular ? ::write(fd, rest.data(), rest.size()) : write_what_fits(fd, rest);
    if (count > 0) {
      written.bytes += static_cast<std::size_t>(count);
      if (!is_regular) EndRequest::of_this_run().note_progress();
      continue;
    }
    const int err = count == 0 ? EIO : errno;
    if (err == EINTR) continue;
    if (err != EAGAIN) {
      written.error = err;
      return written;
    }
    pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, kLookAgainMs) <= 0 && EndRequest::of_this_run().patience_is_over()) {
      written.error = ETIMEDOUT;
      return written;
    }
  }
  return written;
}

// `what`: "write FILE".
inline Error write_error(int error, const std::string& what) {
  if (error != ETIMEDOUT) return Error::from_errno(error, what, ErrorKind::kOutput);
  return Error(what + ": nobody reads it, and the run was to end", ErrorKind::kOutput);
}

}  // namespace ringtap
