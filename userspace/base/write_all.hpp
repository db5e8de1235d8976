// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writing to a file, pipe, socket or terminal whose reader may be slow, or not read at all: the one place that waits
// for such a reader. Any thread.
#pragma once

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
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

// Waits for the reader of a pipe for as long as it takes, but not beyond the patience of EndRequest. A pipe that has
// room takes PIPE_BUF bytes without blocking, pipe(7); a regular file takes all.
inline Written write_all(int fd, std::span<const std::byte> bytes, bool is_regular) {
  constexpr int kLookAgainMs = 50;
  Written written;
  while (written.bytes < bytes.size()) {
    std::size_t size = bytes.size() - written.bytes;
    if (!is_regular) {
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&room, 1, kLookAgainMs);
      if (ready <= 0) {
        if (!EndRequest::of_this_run().patience_is_over()) continue;
        written.error = ETIMEDOUT;
        return written;
      }
      size = std::min<std::size_t>(size, PIPE_BUF);
    }
    const ssize_t count = ::write(fd, bytes.data() + written.bytes, size);
    if (count > 0) {
      written.bytes += static_cast<std::size_t>(count);
      if (!is_regular) EndRequest::of_this_run().note_progress();
      continue;
    }
    const int err = count == 0 ? EIO : errno;
    if (err == EINTR || err == EAGAIN) continue;
    written.error = err;
    return written;
  }
  return written;
}

// `what`: "write FILE".
inline Error write_error(int error, const std::string& what) {
  if (error != ETIMEDOUT) return Error::from_errno(error, what, ErrorKind::kOutput);
  return Error(what + ": nobody reads it, and the run was to end", ErrorKind::kOutput);
}

}  // namespace ringtap
