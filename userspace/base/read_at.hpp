// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reading a piece of a file at its place, whatever the position of its descriptor is. No state, and the descriptor is
// borrowed; any thread. A read that a signal interrupts goes on.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtap/result.hpp"

namespace ringtap {

// How many bytes were read; fewer than asked for: the file ends there.
inline Result<std::size_t> read_at(int file, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto rest = into.subspan(done);
    const ssize_t got = ::pread(file, rest.data(), rest.size(), static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, "read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace ringtap
