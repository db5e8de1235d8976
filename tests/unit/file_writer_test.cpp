// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/file_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "file/open_file.hpp"
#include "support/failing_call.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

class FileWriterTest : public ::testing::Test {
 protected:
  FileWriterTest() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
  }

  [[nodiscard]] std::string path(const std::string& name = "out") const { return directory_ / name; }

  testing::TempDir directory_;
};

std::vector<std::byte> block_of(std::size_t size, char fill) {
  return std::vector<std::byte>(size, static_cast<std::byte>(fill));
}

// Blocks of 1 to `largest` bytes, each filled with a letter of its own, until one cannot be taken; returns what whole
// blocks look like one after the other.
std::string fill(FileWriter& writer, std::size_t largest, std::optional<Error>& error) {
  std::string written;
  for (std::size_t i = 0; i < 100'000; ++i) {
    const auto block = block_of(1 + i * 37 % largest, static_cast<char>('a' + i % 26));
    if (auto result = writer.write(block); !result) {
      error = result.take_error();
      return written;
    }
    written.append(reinterpret_cast<const char*>(block.data()), block.size());
  }
  return written;
}

std::size_t size_of_blocks(std::uint64_t blocks, std::size_t largest) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < blocks; ++i) size += 1 + i * 37 % largest;
  return size;
}

// Runs `body` in a child, so that a resource limit does not outlast it; its result is the exit code.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// By the caller's thread, or by one of its own and past the page cache.
Result<std::unique_ptr<FileWriter>> create(const std::string& path, bool by_thread) {
  auto writer = FileWriter::create(path);
  if (!writer || !by_thread) return writer;
  (*writer)->write_by(std::make_shared<DiskThread>());
  return writer;
}

class WrittenBy : public FileWriterTest, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(FileWriter, WrittenBy, ::testing::Bool(),
                         [](const auto& by) { return by.param ? "ADiskThread" : "TheCaller"; });

TEST_P(WrittenBy, HoldsEveryBlockInOrderAfterClose) {
  auto writer = create(path(), GetParam());
  ASSERT_TRUE(writer);
  std::string expected;
  // Small ones, one that fills the buffer to the byte, and one that is larger than the buffer.
  for (const std::size_t size :
       std::vector<std::size_t>{1, 100, 262144 - 101, 262144, 262145, 3, 1'000'000, 3'000'000, 5}) {
    const auto block = block_of(size, static_cast<char>('a' + size % 26));
    ASSERT_TRUE((*writer)->write(block));
    expected.append(size, static_cast<char>('a' + size % 26));
    if (size == 3) {
      ASSERT_TRUE((*writer)->flush());
    }
  }
  ASSERT_TRUE((*writer)->close());
  EXPECT_EQ((*writer)->blocks_stored(), 9u);
  EXPECT_TRUE(testing::read_file(path()) == expected);
  EXPECT_TRUE((*writer)->close()) << "idempotent";
}

TEST_F(FileWriterTest, EmptiesAnExistingFile) {
  std::ofstream(path()) << "something longer";
  auto writer = FileWriter::create(path());
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(block_of(2, 'x')));
  ASSERT_TRUE((*writer)->close());
  EXPECT_EQ(testing::read_file(path()), "xx");
}

TEST_P(WrittenBy, FlushHandsTheBlocksToTheSystem) {
  auto writer = create(path(), GetParam());
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(block_of(2, 'x')));
  EXPECT_EQ((*writer)->blocks_stored(), 0u);
  ASSERT_TRUE((*writer)->flush());
  EXPECT_EQ((*writer)->blocks_stored(), 1u);
  EXPECT_EQ(testing::read_file(path()), "xx");
}

TEST_F(FileWriterTest, SaysWhatCannotBeCreatedAndWhy) {
  auto writer = FileWriter::create(path("missing/out"));
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().errno_value(), ENOENT);
  EXPECT_EQ(writer.error().kind(), ErrorKind::kOutput);
  EXPECT_NE(writer.error().text().find("missing/out"), std::string::npos) << writer.error().text();
}

TEST_P(WrittenBy, EndsAtAWholeBlockWhenTheFileSizeLimitIsMet) {
  // The limit lies in the middle of a block, whichever it is: the sizes are odd, and so is the last limit.
  for (const rlim_t limit : {0ul, 1ul, 10'000ul, 262'144ul, 300'001ul, 2'500'001ul}) {
    const int code = in_child([&] {
      const rlimit size{limit, limit};
      if (::setrlimit(RLIMIT_FSIZE, &size) != 0) return 10;
      auto writer = create(path(), GetParam());
      if (!writer) return 11;
      std::optional<Error> error;
      const std::string written = fill(**writer, 999, error);
      if (!error || error->errno_value() != EFBIG || error->kind() != ErrorKind::kOutput) return 12;
      const std::uint64_t blocks = (*writer)->blocks_stored();
      const std::size_t expected_size = size_of_blocks(blocks, 999);
      if (expected_size > limit || size_of_blocks(blocks + 1, 999) <= limit) return 13;
      if (testing::read_file(path()) != written.substr(0, expected_size)) return 14;
      if (error->text().find(std::to_string(blocks) + " complete blocks") == std::string::npos) return 15;
      if ((*writer)->write(block_of(1, 'x'))) return 16;
      if (!(*writer)->close()) return 17;  // told once is enough
      return testing::read_file(path()).size() == expected_size ? 0 : 18;
    });
    EXPECT_EQ(code, 0) << "limit " << limit;
  }
}

TEST_F(FileWriterTest, EndsAtAWholeBlockWhenTheDiskIsFull) {
  REQUIRE_ROOT();
  // A namespace of mounts of its own: nothing is left behind, whatever happens.
  const int code = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 9;
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=32k") != 0) return 10;
    auto writer = FileWriter::create(path());
    if (!writer) return 11;
    std::optional<Error> error;
    const std::string written = fill(**writer, 999, error);
    if (!error || error->errno_value() != ENOSPC) return 12;
    const std::uint64_t blocks = (*writer)->blocks_stored();
    const std::string stored = testing::read_file(path());
    if (stored.size() != size_of_blocks(blocks, 999) || stored != written.substr(0, stored.size())) return 13;
    return blocks > 0 && size_of_blocks(blocks + 1, 999) > 32 * 1024 ? 0 : 14;
  });
  if (code == 9 || code == 10) RINGTAP_REQUIRE(false, "a mount namespace");
  EXPECT_EQ(code, 0);
}

TEST_F(FileWriterTest, TellsThatAFullDeviceTookNothing) {
  auto writer = FileWriter::create("/dev/full");
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(block_of(10, 'x')));
  auto closed = (*writer)->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().errno_value(), ENOSPC);
  EXPECT_EQ((*writer)->blocks_stored(), 0u);
  EXPECT_NE(closed.error().text().find("/dev/full"), std::string::npos);
}

TEST_F(FileWriterTest, TellsAClosedPipeApart) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  auto writer = FileWriter::adopt(UniqueFd(ends[1]), "standard output");
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(block_of(10, 'x')));
  ASSERT_TRUE((*writer)->flush());
  ::close(ends[0]);
  ASSERT_TRUE((*writer)->write(block_of(10, 'y')));
  auto flushed = (*writer)->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().errno_value(), EPIPE);
  EXPECT_EQ((*writer)->blocks_stored(), 1u);
}

TEST_F(FileWriterTest, WaitsForAPipeThatDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  std::size_t received = 0;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) received += static_cast<std::size_t>(got);
  });
  auto writer = FileWriter::adopt(UniqueFd(ends[1]), "pipe");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE((*writer)->write(block_of(10'000, 'x')));
  EXPECT_TRUE((*writer)->close());
  EXPECT_EQ((*writer)->blocks_stored(), 100u);
  reader.join();
  EXPECT_EQ(received, 1'000'000u);
  ::close(ends[0]);
}

TEST_F(FileWriterTest, CountsNoBlockThatTheDiskMayNotHold) {
  struct Case {
    unsigned call;
    Durability durability;
    std::uint64_t stored;
  };
  for (const auto& [call, durability, stored] :
       {Case{SYS_fdatasync, Durability::kOnDisk, 0}, Case{SYS_fsync, Durability::kOnDisk, 0},  // of its folder
        Case{SYS_fdatasync, Durability::kInKernel, 100}, Case{SYS_sync, Durability::kOnDisk, 100}}) {
    SCOPED_TRACE(call);
    const int code = in_child([&, call = call, durability = durability, stored = stored] {
      testing::make_call_fail(call, EIO);
      auto writer = FileWriter::create(path(), durability);
      if (!writer) return 10;
      for (int i = 0; i < 100; ++i) static_cast<void>((*writer)->write(block_of(10'000, 'x')));
      if (!(*writer)->flush() || (*writer)->blocks_stored() != 100) return 11;
      const auto closed = (*writer)->close();
      if ((*writer)->blocks_stored() != stored) return 12;
      if (static_cast<bool>(closed) != (stored == 100)) return 13;
      if (closed) return 0;
      return closed.error().kind() == ErrorKind::kOutput && closed.error().errno_value() == EIO &&
                     closed.error().text().starts_with("sync " + path())
                 ? 0
                 : 14;
    });
    EXPECT_EQ(code, 0);
  }
}

TEST_F(FileWriterTest, HasNoDiskToWaitForBehindAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const auto refused = FileWriter::adopt(UniqueFd(ends[1]), "standard output", Durability::kOnDisk);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUsage);
  EXPECT_NE(refused.error().text().find("standard output is not a file"), std::string::npos);
  EXPECT_FALSE(FileWriter::create("/dev/null", Durability::kOnDisk));
}

// A symbolic link is in another folder than the file.
TEST_F(FileWriterTest, FindsTheFolderOfTheFileItself) {
  std::filesystem::create_directory(path("there"));
  std::ofstream(path("there") + "/file") << "x";
  std::filesystem::create_symlink(path("there") + "/file", path("link"));
  const auto folder = open_file_here(path("link"), FileUse::kFolder);
  ASSERT_TRUE(folder) << folder.error().text();
  struct stat opened {};
  struct stat there {};
  ASSERT_EQ(::fstat(folder->get(), &opened), 0);
  ASSERT_EQ(::stat(path("there").c_str(), &there), 0);
  EXPECT_EQ(opened.st_ino, there.st_ino);
}

TEST_F(FileWriterTest, LeavesTheBytesBehindItsPositionAlone) {
  const int code = in_child([&] {
    std::ofstream(path()) << std::string(5000, 'o');
    UniqueFd fd(::open(path().c_str(), O_WRONLY | O_CLOEXEC));
    const rlimit size{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &size) != 0) return 10;
    auto writer = FileWriter::adopt(std::move(fd), "in the middle");
    std::optional<Error> error;
    fill(**writer, 999, error);
    const std::string stored = testing::read_file(path());
    if (!error || stored.size() != 5000) return 11;
    return error->text().find("part of another") == std::string::npos ? 12 : 0;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace ringtap
