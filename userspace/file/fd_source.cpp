// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/fd_source.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/write_all.hpp"

namespace ringtap {
namespace {

timespec time_left(Deadline deadline) {
  using std::chrono::nanoseconds;
  const nanoseconds left = std::max<nanoseconds>(deadline - std::chrono::steady_clock::now(), nanoseconds::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

FdSource::FdSource(UniqueFd fd) : fd_(std::move(fd)), is_regular_(is_regular_file(fd_.get())) {
  struct stat status {};
  position_.has_size = is_regular_;
  if (is_regular_ && ::fstat(fd_.get(), &status) == 0) position_.size = static_cast<std::uint64_t>(status.st_size);
}

Result<ReadResult> FdSource::read(std::span<std::byte> into, Deadline deadline) {
  if (!is_regular_) {
    pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    const timespec left = time_left(deadline);
    const int ready = ::ppoll(&entry, 1, &left, nullptr);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return ReadResult{ReadState::kNothingYet};
    if (ready < 0) return Error::from_errno(errno, "wait for input");
  }
  const ssize_t count = ::read(fd_.get(), into.data(), into.size());
  if (count > 0) {
    position_.bytes += static_cast<std::uint64_t>(count);
    return ReadResult{ReadState::kData, static_cast<std::size_t>(count)};
  }
  if (count == 0) return ReadResult{ReadState::kEnd};
  if (errno == EINTR || errno == EAGAIN) return ReadResult{ReadState::kNothingYet};
  return Error::from_errno(errno, "read");
}

}  // namespace ringtap
