// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Memory that runs out: the reserve lets the run end in order, and without one the process ends with a message.
#include "base/memory_reserve.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <functional>
#include <vector>

#include "sandbox/sandbox.hpp"

namespace ringtap {
namespace {

// What this process has mapped now, proc_pid_statm(5).
rlim_t mapped_bytes() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

// Allocates until `enough`, or until the process ends, in a child that may map 8 MiB more than it has; its exit code.
int allocate_until(const std::function<bool()>& enough) {
  const pid_t child = ::fork();
  if (child == 0) {
    MemoryReserve::install();
    constexpr rlim_t kMore = 8 << 20;
    const rlimit limit{mapped_bytes() + kMore, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(20);
    std::vector<std::vector<std::byte>> kept;
    constexpr std::size_t kPiece = 256 * 1024;
    while (!enough()) kept.emplace_back(kPiece);
    ::_exit(MemoryReserve::used() ? 0 : 21);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class MemoryReserveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (is_sanitized()) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  }
};

TEST_F(MemoryReserveTest, EndsTheRunInOrder) {
  EXPECT_EQ(allocate_until([] { return EndRequest::of_this_run().asked(); }), 0);
}

TEST_F(MemoryReserveTest, EndsTheProcessWhenItIsUsedUp) {
  EXPECT_EQ(allocate_until([] { return false; }), 1);
}

TEST(LimitText, IsOfLimitsAlone) {
  for (const int error : {EMFILE, ENFILE, ENOMEM, EAGAIN, EFBIG, -EMFILE}) EXPECT_NE(limit_text(error), "") << error;
  for (const int error : {0, EPERM, ENOENT, EIO, ENOSPC}) EXPECT_EQ(limit_text(error), "") << error;
  EXPECT_NE(limit_text(EMFILE).find("RLIMIT_NOFILE"), std::string::npos);
}

}  // namespace
}  // namespace ringtap
