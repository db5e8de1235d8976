// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/shared_pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/end_request.hpp"
#include "base/write_all.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kControlBytes = std::size_t{64} << 10;  // a whole number of pages, whatever their size
constexpr std::size_t kFileBytes = kControlBytes + SharedPipeMemory::kRingBytes;
constexpr std::size_t kMappedBytes = kFileBytes + SharedPipeMemory::kRingBytes;
// So often the bell is looked at while a burst is written.
constexpr std::uint64_t kBellBytes = std::uint64_t{64} << 10;
constexpr int kFullMs = 1;
constexpr unsigned kNeverExecuted = 8;  // MFD_NOEXEC_SEAL, Linux 6.3; hosts with vm.memfd_noexec=2 want it
constexpr const char* kWriting = "write into the memory of --output-memory";

static_assert(sizeof(SharedPipeMemory::Control) <= kControlBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace

Result<UniqueFd> SharedPipeMemory::create() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(::memfd_create("ringtap", kFlags | kNeverExecuted));
  if (!fd && errno == EINVAL) fd.reset(::memfd_create("ringtap", kFlags));
  // Sealed: who reads memory that has been cut off is ended by SIGBUS.
  if (!fd || ::ftruncate(fd.get(), kFileBytes) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return Error::from_errno(errno, "make memory for a capture's packets");
  }
  return fd;
}

Result<SharedPipeMemory> SharedPipeMemory::map(int fd) {
  struct stat status {};
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd, &status) != 0 || status.st_size != kFileBytes) {
    return Error("--output-memory: descriptor " + std::to_string(fd) + " is not memory that `ringtap agent` has made",
                 ErrorKind::kUsage)
        .hint("leave the option out: -w - writes to a pipe");
  }
  constexpr int kAccess = PROT_READ | PROT_WRITE;
  void* const room = ::mmap(nullptr, kMappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return Error::from_errno(errno, "map the memory of --output-memory");
  SharedPipeMemory memory(static_cast<std::byte*>(room));
  if (::mmap(room, kFileBytes, kAccess, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
      ::mmap(memory.memory_.get() + kFileBytes, kRingBytes, kAccess, MAP_SHARED | MAP_FIXED, fd, kControlBytes) ==
          MAP_FAILED) {
    return Error::from_errno(errno, "map the memory of --output-memory");
  }
  return memory;
}

void SharedPipeMemory::Unmap::operator()(std::byte* memory) const {
  ::munmap(memory, kMappedBytes);
}

std::byte* SharedPipeMemory::at(std::uint64_t position) const {
  const std::size_t offset = position % kRingBytes;
  return memory_.get() + kControlBytes + (offset < kFrontBytes ? offset + kRingBytes : offset);
}

Result<SharedPipeReader> SharedPipeReader::create() {
  auto fd = SharedPipeMemory::create();
  if (!fd) return fd.take_error();
  auto memory = SharedPipeMemory::map(fd->get());
  if (!memory) return memory.take_error();
  return SharedPipeReader(fd.take(), memory.take());
}

std::span<std::byte> SharedPipeReader::waiting() {
  const std::uint64_t written = memory_.control().written.load(std::memory_order_acquire);
  // A writer that somebody has taken over may say anything.
  seen_ = std::max(seen_, taken_ + std::min<std::uint64_t>(written - taken_, SharedPipeMemory::kMostWaiting));
  return {memory_.at(taken_), static_cast<std::size_t>(seen_ - taken_)};
}

void SharedPipeReader::take(std::size_t size) {
  taken_ += size;
  memory_.control().taken.store(taken_, std::memory_order_release);
}

bool SharedPipeReader::ask_for_bell() {
  SharedPipeMemory::Control& control = memory_.control();
  control.wants_bell.store(1);
  return control.written.load() == seen_;
}

Result<std::unique_ptr<SharedPipeWriter>> SharedPipeWriter::attach(int memory_fd, UniqueFd bell) {
  auto memory = SharedPipeMemory::map(memory_fd);
  if (!memory) return memory.take_error();
  return std::unique_ptr<SharedPipeWriter>(new SharedPipeWriter(memory.take(), std::move(bell)));
}

void SharedPipeWriter::publish() {
  memory_.control().written.store(written_, std::memory_order_release);
}

// Either the reader sees what is published, or its wish is seen here.
void SharedPipeWriter::ring() {
  rang_ = written_;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::atomic<std::uint32_t>& wants_bell = memory_.control().wants_bell;
  if (wants_bell.load(std::memory_order_relaxed) == 0 || wants_bell.exchange(0) == 0) return;
  const std::byte stroke{};
  if (const Written rung = write_all(bell_.get(), std::span(&stroke, 1), false); rung.error != 0) error_ = rung.error;
}

// False: there will be none.
bool SharedPipeWriter::wait_for_room() {
  for (;;) {
    const std::uint64_t taken = memory_.control().taken.load(std::memory_order_acquire);
    if (taken != taken_) {
      taken_ = taken;
      EndRequest::of_this_run().note_progress();
      return true;
    }
    publish();
    ring();
    if (error_ != 0) return false;
    // Without events asked for, poll(2) tells only of a pipe that nobody reads any more.
    pollfd reader{.fd = bell_.get(), .events = 0, .revents = 0};
    if (::poll(&reader, 1, kFullMs) > 0) error_ = EPIPE;
    if (error_ == 0 && EndRequest::of_this_run().patience_is_over()) error_ = ETIMEDOUT;
    if (error_ != 0) return false;
  }
}

Result<> SharedPipeWriter::write(Parts parts) {
  if (error_ != 0) return write_error(error_, kWriting);
  for (std::span<const std::byte> part : parts) {
    while (!part.empty()) {
      const std::uint64_t room = SharedPipeMemory::kMostWaiting - (written_ - taken_);
      if (room == 0) {
        if (!wait_for_room()) return write_error(error_, kWriting);
        continue;
      }
      const std::size_t size = std::min<std::uint64_t>(part.size(), room);
      std::memcpy(memory_.at(written_), part.data(), size);
      written_ += size;
      part = part.subspan(size);
    }
  }
  publish();
  ++blocks_;
  if (written_ - rang_ >= kBellBytes) ring();
  return error_ == 0 ? ok() : Result<>(write_error(error_, kWriting));
}

Result<> SharedPipeWriter::flush() {
  if (error_ == 0) ring();
  return error_ == 0 ? ok() : Result<>(write_error(error_, kWriting));
}

Result<> SharedPipeWriter::close() {
  if (!bell_) return ok();
  Result<> flushed = flush();
  bell_.reset();
  return flushed;
}

}  // namespace ringtap
