// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/shared_pipe.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace ringtap {
namespace {

constexpr int kPatienceMs = 20'000;

struct Pipe {
  Pipe() {
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    bell.reset(ends[0]);
    auto made = SharedPipeReader::create();
    EXPECT_TRUE(made) << made.error().text();
    reader.emplace(made.take());
    auto attached = SharedPipeWriter::attach(reader->fd(), UniqueFd(ends[1]));
    EXPECT_TRUE(attached) << attached.error().text();
    writer = attached.take();
  }

  UniqueFd bell;
  std::optional<SharedPipeReader> reader;
  std::unique_ptr<SharedPipeWriter> writer;
};

std::byte nth(std::uint64_t position) {
  return static_cast<std::byte>(position * 2'654'435'761U >> 13U);
}

TEST(SharedPipe, CarriesEachByteOnceAndInOrder) {
  constexpr std::uint64_t kBytes = 30 * SharedPipeMemory::kRingBytes;
  Pipe pipe;
  std::thread writing([&] {
    std::uint64_t at = 0;
    for (std::size_t i = 0; at < kBytes; ++i) {
      // The largest is longer than all that may wait.
      const std::size_t largest = i % 50 == 0 ? SharedPipeMemory::kRingBytes : 3000;
      std::vector<std::byte> block(std::min<std::uint64_t>(1 + i * 7919 % largest, kBytes - at));
      for (std::byte& byte : block) byte = nth(at++);
      const std::span<const std::byte> all = block;
      ASSERT_TRUE(pipe.writer->write({all.first(block.size() / 2), all.subspan(block.size() / 2)}));
      if (i % 5 == 0) {
        ASSERT_TRUE(pipe.writer->flush());
      }
    }
    ASSERT_TRUE(pipe.writer->close());
  });
  std::uint64_t at = 0;
  std::uint64_t wrong = 0;
  for (std::size_t turn = 1;; ++turn) {
    const std::span<std::byte> waiting = pipe.reader->waiting();
    const std::size_t size = turn % 3 == 0 ? waiting.size() : waiting.size() / 2;
    for (const std::byte byte : waiting.first(size)) wrong += byte == nth(at++) ? 0 : 1;
    // Both are the reader's.
    std::fill_n(waiting.data() - SharedPipeMemory::kFrontBytes, SharedPipeMemory::kFrontBytes + size, std::byte{0xff});
    pipe.reader->take(size);
    if (size < waiting.size() || !pipe.reader->ask_for_bell()) continue;
    pollfd bell{.fd = pipe.bell.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&bell, 1, kPatienceMs), 1) << "after " << at << " bytes";
    std::array<std::byte, 16> strokes{};
    if (::read(pipe.bell.get(), strokes.data(), strokes.size()) == 0 && pipe.reader->waiting().empty()) break;
  }
  writing.join();
  EXPECT_EQ(at, kBytes);
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(pipe.writer->bytes_taken(), kBytes);
}

TEST(SharedPipe, RingsOnlyWhereThatIsAskedFor) {
  Pipe pipe;
  const std::array<std::byte, 100> block{};
  const auto has_rung = [&] {
    pollfd bell{.fd = pipe.bell.get(), .events = POLLIN, .revents = 0};
    return ::poll(&bell, 1, 0) == 1;
  };
  ASSERT_TRUE(pipe.writer->write(block));
  ASSERT_TRUE(pipe.writer->flush());
  EXPECT_FALSE(has_rung());
  EXPECT_FALSE(pipe.reader->ask_for_bell());  // there is something
  EXPECT_EQ(pipe.reader->waiting().size(), block.size());
  EXPECT_TRUE(pipe.reader->ask_for_bell());
  ASSERT_TRUE(pipe.writer->write(block));
  EXPECT_FALSE(has_rung());
  ASSERT_TRUE(pipe.writer->flush());
  EXPECT_TRUE(has_rung());
}

TEST(SharedPipe, IsWaitedForWhileItIsFullUnlessNobodyReadsIt) {
  Pipe pipe;
  const std::vector<std::byte> block(100'000);
  std::thread gone([&] {
    while (pipe.reader->waiting().size() < SharedPipeMemory::kMostWaiting) std::this_thread::yield();
    pipe.bell.reset();
  });
  std::uint64_t blocks = 0;
  Result<> written;
  while ((written = pipe.writer->write(block))) ++blocks;
  gone.join();
  EXPECT_EQ(blocks, SharedPipeMemory::kMostWaiting / block.size());
  EXPECT_EQ(pipe.writer->blocks_stored(), blocks);
  EXPECT_NE(written.error().text().find("Broken pipe"), std::string::npos) << written.error().text();
  EXPECT_FALSE(pipe.writer->flush());
}

TEST(SharedPipe, IsNoOtherMemory) {
  const Pipe pipe;
  struct stat status {};
  ASSERT_EQ(::fstat(pipe.reader->fd(), &status), 0);
  const UniqueFd unsealed(::memfd_create("x", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(unsealed.get(), status.st_size), 0);
  const UniqueFd larger(::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(larger.get(), 2 * status.st_size), 0);
  ASSERT_EQ(::fcntl(larger.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  for (const int fd : {STDERR_FILENO, unsealed.get(), larger.get(), 9999}) {
    auto attached = SharedPipeWriter::attach(fd, UniqueFd());
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().kind(), ErrorKind::kUsage);
  }
  EXPECT_NE(::ftruncate(pipe.reader->fd(), 0), 0);
}

TEST(SharedPipe, BelievesAWriterNothingThatCannotBe) {
  Pipe pipe;
  auto memory = SharedPipeMemory::map(pipe.reader->fd());
  ASSERT_TRUE(memory);
  std::atomic<std::uint64_t>& written = memory->control().written;
  written = 1000;
  EXPECT_EQ(pipe.reader->waiting().size(), 1000U);
  pipe.reader->take(600);
  for (const std::uint64_t shorter : {std::uint64_t{0}, std::uint64_t{700}}) {
    written = shorter;
    EXPECT_GE(pipe.reader->waiting().size(), 400U);
    EXPECT_LE(pipe.reader->waiting().size(), SharedPipeMemory::kMostWaiting);
  }
  written = ~std::uint64_t{0};
  EXPECT_EQ(pipe.reader->waiting().size(), SharedPipeMemory::kMostWaiting);
}

}  // namespace
}  // namespace ringtap
