// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The limits of memory cgroups as /proc and their folders show them, and the sizes of buffers that follow from a limit.
#include "loader/memory_limit.hpp"

#include <gtest/gtest.h>
#include <sys/sysinfo.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "ringtap/capture.hpp"
#include "support/files.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

class MemoryLimitTest : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  // A process in `cgroup`, whose file system has `root` at the folder "mount".
  [[nodiscard]] MemoryLimit limit(const std::string& cgroup, const std::string& type, const std::string& root) const {
    write("process/cgroup", "9:cpu:/elsewhere\n" + cgroup + "\n");
    write("process/mountinfo", "24 31 0:22 / /proc rw shared:12 - proc proc rw\n36 24 0:30 " + root + " " +
                                   (folder_ / "mount").string() + " rw,nosuid - " + type + "\n");
    return memory_limit(folder_ / "process");
  }
  testing::TempDir folder_;
};

TEST_F(MemoryLimitTest, IsTheMachinesMemoryWithoutCgroups) {
  struct sysinfo machine {};
  ASSERT_EQ(::sysinfo(&machine), 0);
  const MemoryLimit found = memory_limit(folder_ / "nobody");
  EXPECT_EQ(found.bytes, std::uint64_t{machine.totalram} * machine.mem_unit);
  EXPECT_EQ(found.text.find("this machine has "), 0U) << found.text;
}

TEST_F(MemoryLimitTest, IsTheLeastOfTheCgroupAndOfThoseAboveIt) {
  write("mount/memory.max", "max\n");
  write("mount/a/memory.max", "33554432\n");
  write("mount/a/b/memory.max", "67108864\n");
  const MemoryLimit found = limit("0::/a/b", "cgroup2 cgroup2 rw", "/");
  EXPECT_EQ(found.bytes, 32 * kMib);
  EXPECT_EQ(found.text, (folder_ / "mount/a/memory.max").string() + " is 32768 KiB");
  EXPECT_GT(limit("0::/", "cgroup2 cgroup2 rw", "/").bytes, 64 * kMib);
}

TEST_F(MemoryLimitTest, OfVersionOneIsInTheHierarchyOfTheMemoryController) {
  write("mount/memory.limit_in_bytes", "9223372036854771712\n");
  write("mount/a/memory.limit_in_bytes", "67108864\n");
  EXPECT_EQ(limit("4:memory:/a", "cgroup cgroup rw,memory", "/").bytes, 64 * kMib);
  EXPECT_GT(limit("4:memory:/a", "cgroup cgroup rw,cpu", "/").bytes, 64 * kMib);
}

// It sees its own cgroup as the root of what is mounted, but version 1 without a cgroup namespace names all of the
// path.
TEST_F(MemoryLimitTest, OfAContainerIsThatOfTheFolderThatItSees) {
  write("mount/memory.limit_in_bytes", "67108864\n");
  EXPECT_EQ(limit("4:memory:/docker/0a1b", "cgroup cgroup rw,memory", "/docker/0a1b").bytes, 64 * kMib);
  write("mount/memory.max", "50331648\n");
  EXPECT_EQ(limit("0::/", "cgroup2 cgroup rw", "/").bytes, 48 * kMib);
}

TEST(BufferSize, IsTheDefaultOrLessWhereMemoryIsLimited) {
  const auto unasked = [](std::uint64_t limit) { return buffer_size({}, {limit, "x"}).take(); };
  EXPECT_EQ(unasked(std::uint64_t{1} << 40), CaptureSettings::kDefaultBufferBytes);
  EXPECT_EQ(unasked(2048 * kMib), 64 * kMib);
  EXPECT_EQ(unasked(2047 * kMib), 32 * kMib);
  EXPECT_EQ(unasked(256 * kMib), 8 * kMib);
  EXPECT_EQ(unasked(4 * kMib), kMib);
}

TEST(BufferSize, ThatIsAskedForIsTakenOrRefused) {
  EXPECT_EQ(buffer_size(48 * kMib, {64 * kMib, "x"}).take(), 48 * kMib);
  EXPECT_EQ(buffer_size(kMib, {2 * kMib, "x"}).take(), kMib);
  EXPECT_EQ(buffer_size(2 * kMib, {2 * kMib, "memory.max is 2048 KiB"}).error().text(),
            "-B 2048: there is not so much memory: memory.max is 2048 KiB");
  auto refused = buffer_size(49 * kMib, {64 * kMib, "memory.max is 65536 KiB"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "-B 50176: there is not so much memory: memory.max is 65536 KiB");
  EXPECT_EQ(refused.error().hint(), "at most -B 49152 fits");
}

}  // namespace
}  // namespace ringtap
