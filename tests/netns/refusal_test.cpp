// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What keeps a process from capturing is called by its name, before anything is attached: never "an old kernel" where
// the kernel is not the reason.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"

namespace ringtap::testing {
namespace {

class Refusal : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("unshare");
  }

  // `confined`: a shell command line that ends where ringtap's own begins.
  static void expect(const std::string& confined, const std::vector<std::string>& words) {
    SCOPED_TRACE(confined);
    const Finished result = run_shell(confined + " " + ringtap_binary() + " -i lo -c 1 --duration 2s", 10s);
    EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
    EXPECT_TRUE(result.err.starts_with("ringtap: ")) << result;
    for (const std::string& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << result;
    for (const char* wrong : {"Linux 5.8", "CONFIG_DEBUG_INFO_BTF", "security module"}) {
      EXPECT_EQ(result.err.find(wrong), std::string::npos) << result;
    }
  }
};

TEST_F(Refusal, NamesAUserNamespace) {
  expect("unshare -Urn", {"not permitted", "user namespace"});
}

TEST_F(Refusal, NamesTheMissingCapabilities) {
  REQUIRE_TOOL("setpriv");
  expect("setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --reuid=65534 --clear-groups",
         {"not permitted", "CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "setcap"});
}

TEST_F(Refusal, NamesTheLimitOfOpenFiles) {
  // Enough for the program itself to start.
  for (const std::string limit : {"10", "12", "16", "24", "32"}) {
    expect("ulimit -n " + limit + "; exec", {"this process may open only " + limit, "ulimit -n"});
  }
}

TEST_F(Refusal, NamesTheLimitOfMemory) {
  expect("ulimit -v 60000; exec", {"60000 KiB", "ulimit -v"});
}

TEST_F(Refusal, SaysThatSysIsHidden) {
  expect("unshare -m sh -c 'umount -l /sys && exec \"$0\" \"$@\"'", {"/sys is not mounted"});
}

}  // namespace
}  // namespace ringtap::testing
