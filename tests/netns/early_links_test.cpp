// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// tcx links that are made before their programs: they pass packets on until they are taken, then do what their program
// does, and are gone if nobody takes them. Each in a namespace of its own, judged by `ping` and by the kernel's list.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loader/device_link.hpp"
#include "loader/early_links.hpp"
#include "loader/probe_program.hpp"
#include "loader/uapi.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

constexpr int kDrop = 2;  // TC_ACT_SHOT

class EarlyLinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    hosts_.emplace();
    right_ = hosts_->right.index_of("right");
    hosts_->right.inside([&] {
      const UniqueFd passes = load_returning(-1, BPF_PROG_TYPE_SCHED_CLS, "early_test");
      has_tcx_ =
          static_cast<bool>(make_device_link({passes.get(), right_, tcx_attach_type(TcDirection::kIngress), kBefore}));
    });
    RINGTAP_REQUIRE(has_tcx_, "tcx links (Linux 6.6)");
  }

  [[nodiscard]] bool reaches() const {
    const std::string ping = hosts_->left.prefix() + "ping -c 1 -W 1 " + testing::TwoHosts::kRightIpv4;
    return testing::run_shell(ping + " >/dev/null").status.code == 0;
  }
  // Programs at the device's ingress and egress.
  [[nodiscard]] unsigned attached() const {
    unsigned sum = 0;
    hosts_->right.inside([&] {
      for (const TcDirection direction : {TcDirection::kIngress, TcDirection::kEgress}) {
        std::uint32_t count = 0;
        const auto type = static_cast<bpf_attach_type>(tcx_attach_type(direction));
        if (bpf_prog_query(static_cast<int>(right_), type, 0, nullptr, nullptr, &count) == 0) sum += count;
      }
    });
    return sum;
  }

  std::optional<testing::TwoHosts> hosts_;
  unsigned right_ = 0;
  bool has_tcx_ = false;
};

TEST_F(EarlyLinksTest, PassPacketsOnUntilTheyAreTaken) {
  UniqueFd taken;
  hosts_->right.inside([&] {
    EarlyLinks early({{right_, TcDirection::kIngress}, {right_, TcDirection::kEgress}});
    const UniqueFd drops = load_returning(kDrop, BPF_PROG_TYPE_SCHED_CLS, "early_test");
    EXPECT_FALSE(early.take(drops.get(), {right_ + 1, TcDirection::kIngress}));
    EXPECT_EQ(attached(), 2U);
    EXPECT_TRUE(reaches());
    taken = early.take(drops.get(), {right_, TcDirection::kIngress});
    EXPECT_TRUE(taken);
    EXPECT_FALSE(early.take(drops.get(), {right_, TcDirection::kIngress})) << "given away twice";
    EXPECT_FALSE(reaches());
  });
  EXPECT_EQ(attached(), 1U) << "the one that nobody took is detached";
  taken.reset();
}

TEST_F(EarlyLinksTest, LeaveOutWhatTheKernelRefuses) {
  hosts_->right.inside([&] {
    EarlyLinks early({{right_ + 1, TcDirection::kIngress}, {right_, TcDirection::kEgress}});
    const UniqueFd passes = load_returning(-1, BPF_PROG_TYPE_SCHED_CLS, "early_test");
    EXPECT_FALSE(early.take(passes.get(), {right_ + 1, TcDirection::kIngress}));
    EXPECT_TRUE(early.take(passes.get(), {right_, TcDirection::kEgress}));
  });
}

}  // namespace
}  // namespace ringtap
