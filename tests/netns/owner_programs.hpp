// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tc taps with --who, loaded and not attached: BPF_PROG_TEST_RUN gives them packets as if they came by a device of
// a namespace, and the records say whom they name. Owns the programs, the rings and the namespace. One thread.
#pragma once

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "loader/cpus.hpp"
#include "loader/owner_hooks.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/owner.hpp"
#include "ringtap/unique_fd.hpp"
#include "support/namespace.hpp"
#include "support/packet.hpp"
#include "support/requirements.hpp"

namespace ringtap::testing {

constexpr const char* kHere = "192.0.2.1";
constexpr const char* kThere = "192.0.2.99";

class OwnerProgramsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    auto features = probe_features(kTcTaps, {}, true);
    ASSERT_TRUE(features) << features.error().text();
    RINGTAP_REQUIRE(features->owner_hooks, "Linux 5.11");
    const auto cpus = online_cpus();
    ASSERT_TRUE(cpus);
    auto rings = Rings::create(8 << 20, *cpus);
    ASSERT_TRUE(rings && rings->filled());
    rings_.emplace(rings.take());
    features_ = *features;
    features_.accept_program = false;  // as where there are no trampolines, so that all machines test the same
    load(without_, false);
    load(with_, true);
    here_.ip("link add d0 type veth peer name d1");
    here_.ip("link set d0 address 02:00:00:00:00:02 up");
    here_.ip("link set d1 up");
    here_.ip(std::string("addr add ") + kHere + "/24 dev d0");
    device_ = here_.index_of("d0");
  }

  void load(std::optional<TapPrograms>& programs, bool who, const ringtap_choice& choice = {}) {
    TapProgramsConfig config;
    config.choice = choice;
    config.taps = kTcTaps;
    config.rings = &*rings_;
    config.features = features_;
    config.who = who;
    config.counts_holders = who;
    auto loaded = TapPrograms::load(config);
    ASSERT_TRUE(loaded) << loaded.error().text();
    programs.emplace(loaded.take());
  }

  // Runs the program on the packet as if it came by d0; returns what one run took, in ns.
  double run(const TapPrograms& programs, TapProgram program, const Bytes& packet, int repeat) const {
    __sk_buff skb{};
    skb.ifindex = device_;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(),
                .data_size_in = static_cast<std::uint32_t>(packet.size()), .ctx_in = &skb, .ctx_size_in = sizeof skb,
                .repeat = repeat);
    EXPECT_EQ(bpf_prog_test_run_opts(programs.fd(program), &options), 0);
    return options.duration;
  }

  ringtap_owners owners_of(TapProgram program, const Bytes& packet) {
    (void)take_all();
    here_.inside([&] { run(*with_, program, packet, 1); });
    const auto taken = take_all();
    EXPECT_FALSE(taken.empty());
    return taken.empty() ? ringtap_owners{} : taken.back();
  }

  // Of each record since the last call.
  std::vector<ringtap_owners> take_all() {
    std::vector<ringtap_owners> all;
    for (const unsigned cpu : rings_->cpus()) (void)with_->flush_stage(cpu, false);
    for (RingReader& reader : rings_->readers()) {
      while (reader.refresh()) {
        if (reader.head().owners != nullptr) all.push_back(*reader.head().owners);
        reader.pop();
      }
      reader.release();
    }
    return all;
  }

  static pid_t pid_of(const ringtap_owner& owner) { return static_cast<pid_t>(ringtap::pid_of(owner.process)); }
  // Looked up first, and then remembered.
  ringtap_owner receiver_of(const Bytes& packet) {
    for (int i = 0; i < 7; ++i) (void)owners_of(TapProgram::kTcIngress, packet);
    return owners_of(TapProgram::kTcIngress, packet).receiver;
  }

  // Which the program uses.
  [[nodiscard]] UniqueFd map_of(TapProgram program, const std::string& name) const {
    std::array<std::uint32_t, 64> maps{};
    bpf_prog_info about{};
    about.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    about.nr_map_ids = maps.size();
    std::uint32_t size = sizeof about;
    EXPECT_EQ(bpf_obj_get_info_by_fd(with_->fd(program), &about, &size), 0);
    for (const std::uint32_t id : maps) {
      UniqueFd map(bpf_map_get_fd_by_id(id));
      if (map && std::string(info_of(map).name) == name) return map;
    }
    ADD_FAILURE() << "the program has no map " << name;
    return {};
  }
  static bpf_map_info info_of(const UniqueFd& map) {
    bpf_map_info about{};
    std::uint32_t size = sizeof about;
    EXPECT_EQ(bpf_obj_get_info_by_fd(map.get(), &about, &size), 0);
    return about;
  }

  Namespace here_;
  KernelFeatures features_;
  unsigned device_ = 0;
  std::optional<Rings> rings_;
  std::optional<TapPrograms> without_;
  std::optional<TapPrograms> with_;
};

}  // namespace ringtap::testing
