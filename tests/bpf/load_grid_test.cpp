// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The verifier takes the tap programs with every setting: not by luck of how registers were given out. Loads and
// attaches nothing. What the kernel lacks is left out of the grid and said. RINGTAP_SHORT=1 takes some of it.
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "filter/compile.hpp"
#include "loader/cpus.hpp"
#include "loader/features.hpp"
#include "loader/filter_body.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::uint32_t, 24> kSnaplens = {64,   65,   68,   96,   100,   127,   128,    129,
                                                     200,  255,  256,  257,  1000,  1500,  1514,   2048,
                                                     4096, 8191, 9000, 9018, 65535, 65536, 131072, 262144};
constexpr std::array<std::uint32_t, 4> kFewSnaplens = {64, 128, 1500, 262144};

const std::array<Reduction, 12>& reductions() {
  static const std::array<Reduction, 12> all = {
      {{.slice_layer = 2},
       {.slice_layer = 3, .slice_more = 8},
       {.slice_layer = 4},
       {.slice_layer = 4, .slice_more = 20},
       {.sample = 2},
       {.sample = 1000},
       {.max_pps = 10},
       {.max_pps = 1'000'000},
       {.time_batch = 100us},
       {.slice_layer = 4, .sample = 16},
       {.sample = 16, .max_pps = 1000},
       {.slice_layer = 4, .slice_more = 64, .sample = 3, .max_pps = 1000, .time_batch = 10us}}};
  return all;
}

bool is_short() {
  const char* value = std::getenv("RINGTAP_SHORT");
  return value != nullptr && std::string_view(value) == "1";
}
constexpr unsigned kShortStride = 11;  // no divisor of the numbers of snaplens and reductions

FilterBodies filter_of(const std::string& expression) {
  return [expression](FilterPlace place, const KernelFeatures& features) -> Result<FilterCode> {
    auto program = compile({.expression = expression, .link_type = place.l3 ? LinkType::kRaw : LinkType::kEthernet});
    if (!program) return program.take_error();
    auto prepared = prepare(*program);
    if (!prepared) return prepared.take_error();
    return filter_body(*prepared, nullptr, place, features);
  };
}

class LoadGrid : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_CAPABILITY(CAP_BPF);
    auto probed = probe_features(kAllTaps, {}, true);
    ASSERT_TRUE(probed) << probed.error().text();
    features_ = *probed;
    const auto cpus = online_cpus();
    ASSERT_TRUE(cpus) << cpus.error().text();
    auto made = Rings::create(1 << 20, *cpus);
    ASSERT_TRUE(made) << made.error().text();
    rings_.emplace(made.take());
    const auto filled = rings_->filled();
    ASSERT_TRUE(filled) << filled.error().text();
  }

  void load_with_owners(TapSet taps, const KernelFeatures& features) {
    for (const bool chooses : {false, true}) {
      for (const std::string expression : {"", "tcp port 80 and greater 100"}) {
        if (short_ && asked_++ % kShortStride != 0) continue;
        TapProgramsConfig config;
        config.taps = taps;
        config.who = true;
        config.rings = &*rings_;
        config.features = features;
        config.l3 = true;
        config.counts_holders = !chooses;
        config.choice.uid_count = chooses ? 1 : 0;
        config.choice.comm_count = chooses ? 1 : 0;
        config.choice.command = chooses ? 1 : 0;
        if (!expression.empty()) config.filter = filter_of(expression);
        const auto programs = TapPrograms::load(config);
        EXPECT_TRUE(programs) << "tc-out " << taps.contains(Tap::kTcEgress) << " chooses " << chooses << " filter '"
                              << expression << "' casts " << features.kernel_casts << " tracepoints "
                              << features.owner_tracepoints << ": " << programs.error().text();
      }
    }
  }

  void load(TapSet taps, std::uint32_t snaplen, const Reduction& reduction, const std::string& expression,
            bool follow = false) {
    if (short_ && asked_++ % kShortStride != 0) return;
    TapProgramsConfig config;
    config.taps = taps;
    config.follow = follow;
    config.snaplen = snaplen;
    config.reduction = reduction;
    config.rings = &*rings_;
    config.features = features_;
    config.l3 = loaded_ % 2 == 1;
    config.ethernet = !config.l3;
    config.single_slot = loaded_ % 3 == 0;
    if (!expression.empty()) config.filter = filter_of(expression);
    auto programs = TapPrograms::load(config);
    ++loaded_;
    if (programs) return;
    ADD_FAILURE() << "-s " << snaplen << " slice " << reduction.slice_layer << "+" << reduction.slice_more << " sample "
                  << reduction.sample << " max-pps " << reduction.max_pps << " time-batch "
                  << reduction.time_batch.count() << " filter '" << expression << "' l3 " << config.l3 << ": "
                  << programs.error().text();
  }

  void load_all(TapSet taps, bool reduces) {
    for (const std::string expression : {"", "tcp port 80 and greater 100"}) {
      for (const std::uint32_t snaplen : kSnaplens) load(taps, snaplen, {}, expression);
    }
    for (const std::uint32_t snaplen : kFewSnaplens) {
      for (const Reduction& reduction : reductions()) {
        if (reduces) load(taps, snaplen, reduction, snaplen == 128 ? "tcp" : "");
      }
    }
    std::cout << loaded_ << " combinations\n";
  }

  KernelFeatures features_;
  std::optional<Rings> rings_;
  const bool short_ = is_short();
  unsigned asked_ = 0;
  unsigned loaded_ = 0;
};

TEST_F(LoadGrid, TheXdpProgramsLoad) {
  load_all({Tap::kXdp}, true);
}

TEST_F(LoadGrid, TheTcProgramsLoad) {
  load_all({Tap::kTcIngress, Tap::kTcEgress}, true);
}

TEST_F(LoadGrid, TheTcProgramsLoadWithOwners) {
  RINGTAP_REQUIRE(features_.owner_hooks, "Linux 5.11");
  const std::array<TapSet, 2> sets = {
      {{Tap::kTcIngress, Tap::kTcEgress, Tap::kDrop, Tap::kSocket}, {Tap::kTcIngress, Tap::kDrop}}};
  // And as they are where the kernel has less than this one.
  for (const bool casts : {true, false}) {
    for (const bool tracepoints : {true, false}) {
      KernelFeatures features = features_;
      if ((!casts && !features.kernel_casts) || (!tracepoints && !features.owner_tracepoints)) continue;
      features.kernel_casts = features.kernel_casts && casts;
      features.owner_tracepoints = features.owner_tracepoints && tracepoints;
      features.drop_socket = features.drop_socket && tracepoints;
      // Asked only where the tracepoints are missing; a program at accept(2) needs the same of the machine.
      features.receive_program = features.receive_program || (!features.owner_tracepoints && features.accept_program);
      for (const TapSet& taps : sets) load_with_owners(taps, features);
    }
  }
}

TEST_F(LoadGrid, TheTracepointProgramsLoad) {
  load_all({Tap::kStackIn, Tap::kStackOut, Tap::kDrop, Tap::kEnd}, false);
}

TEST_F(LoadGrid, TheNetfilterProgramsLoad) {
  RINGTAP_REQUIRE(features_.netfilter || features_.traced_netfilter,
                  "BPF programs at netfilter (Linux 6.4), or around kernel functions");
  load_all({Tap::kNetfilter}, false);
}

TEST_F(LoadGrid, TheSocketProgramLoads) {
  load_all({Tap::kSocket}, false);
}

TEST_F(LoadGrid, EveryTapOfAComparisonLoads) {
  TapSet taps = {Tap::kXdp,      Tap::kTcIngress, Tap::kTcEgress, Tap::kStackIn,
                 Tap::kStackOut, Tap::kSocket,    Tap::kDrop,     Tap::kEnd};
  if (features_.netfilter || features_.traced_netfilter) taps.insert(Tap::kNetfilter);
  for (const std::uint32_t snaplen : kFewSnaplens) load(taps, snaplen, {}, "udp", true);
}

}  // namespace
}  // namespace ringtap
