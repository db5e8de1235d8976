// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tap programs one at a time, by BPF_PROG_TEST_RUN: what they return, what they put into the ring, what they count.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/pkt_cls.h>

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "kernel/rings.hpp"
#include "kernel/tap_programs.hpp"
#include "support/packet.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Ipv6;
using testing::Payload;
using testing::Tcp;
using testing::Udp;
using testing::Vlan;

constexpr std::uint32_t kSlot = 1;

enum class Program { kXdpFrags, kXdpPlain, kTcIngress, kTcEgress };

ringtap_tap tap_of(Program program) {
  switch (program) {
    case Program::kTcIngress:
      return RINGTAP_TAP_TC_INGRESS;
    case Program::kTcEgress:
      return RINGTAP_TAP_TC_EGRESS;
    default:
      return RINGTAP_TAP_XDP;
  }
}

struct Outcome {
  int error = 0;
  std::uint32_t verdict = 0;
  Bytes packet_after;
};

struct Taken {
  ringtap_event header;
  Bytes data;
};

class TapRig {
 public:
  static std::optional<TapRig> make(std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN, std::uint64_t ring_bytes = 8 << 20,
                                    std::optional<KernelFeatures> features = {}) {
    auto rings = Rings::create(ring_bytes);
    if (!rings) return std::nullopt;
    if (!features) {
      auto probed = probe_features();
      if (!probed) return std::nullopt;
      features = *probed;
    }
    TapProgramsConfig config;
    config.taps.insert(Tap::kXdp);
    config.snaplen = snaplen;
    config.rings_fd = rings->map_fd();
    config.features = *features;
    auto programs = TapPrograms::load(config);
    if (!programs) {
      ADD_FAILURE() << programs.error().text();
      return std::nullopt;
    }
    return TapRig{rings.take(), programs.take()};
  }

  [[nodiscard]] int fd(Program program) const {
    switch (program) {
      case Program::kXdpFrags:
        return programs.xdp_frags_fd();
      case Program::kXdpPlain:
        return programs.xdp_plain_fd();
      case Program::kTcIngress:
        return programs.tc_ingress_fd();
      default:
        return programs.tc_egress_fd();
    }
  }

  Outcome run(Program program, const Bytes& packet, std::uint32_t repeat = 1) const {
    Bytes after(packet.size() + 256);
    __sk_buff skb{};
    skb.mark = 0x1234;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_out = after.data(),
                .data_size_in = static_cast<std::uint32_t>(packet.size()),
                .data_size_out = static_cast<std::uint32_t>(after.size()), .repeat = static_cast<int>(repeat));
    if (tap_of(program) != RINGTAP_TAP_XDP) {
      options.ctx_in = &skb;
      options.ctx_size_in = sizeof(skb);
    }
    Outcome result;
    result.error = bpf_prog_test_run_opts(fd(program), &options);
    result.verdict = options.retval;
    after.resize(options.data_size_out);
    result.packet_after = std::move(after);
    return result;
  }

  std::vector<Taken> take_all() {
    std::vector<Taken> taken;
    send_on_staged();
    for (RingReader& reader : rings.readers()) {
      while (reader.refresh()) {
        const EventView& event = reader.head();
        taken.push_back({*event.header, {event.data.begin(), event.data.end()}});
        reader.pop();
      }
      reader.release();
    }
    return taken;
  }

  void send_on_staged() {
    for (std::size_t cpu = 0; cpu < rings.readers().size(); ++cpu) {
      if (programs.stage(cpu).used != 0) {
        EXPECT_TRUE(programs.flush_stage(cpu, false));
      }
    }
  }

  [[nodiscard]] std::uint64_t counter(Program program, ringtap_counter which) const {
    const auto rows = programs.counters(kSlot, tap_of(program));
    if (!rows) return ~std::uint64_t{0};
    std::uint64_t sum = 0;
    for (const ringtap_counters& row : *rows) sum += row.value[which];
    return sum;
  }

  Rings rings;
  TapPrograms programs;
};

class TapProgram : public ::testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    REQUIRE_CAPABILITY(CAP_BPF);
    REQUIRE_CAPABILITY(CAP_NET_ADMIN);
  }
  static std::uint32_t pass() {
    return static_cast<std::uint32_t>(tap_of(GetParam()) == RINGTAP_TAP_XDP ? int{XDP_PASS} : TC_ACT_UNSPEC);
  }
};

INSTANTIATE_TEST_SUITE_P(Taps, TapProgram,
                         ::testing::Values(Program::kXdpFrags, Program::kXdpPlain, Program::kTcIngress,
                                           Program::kTcEgress),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case Program::kXdpFrags:
                               return "XdpFrags";
                             case Program::kXdpPlain:
                               return "XdpPlain";
                             case Program::kTcIngress:
                               return "TcIngress";
                             default:
                               return "TcEgress";
                           }
                         });

std::vector<Bytes> sample_packets() {
  return {
      (Ethernet{} / Ipv4{} / Udp{} / Payload{"hello"}).bytes(),
      (Ethernet{} / Ipv6{} / Tcp{} / Payload{std::size_t{300}}).bytes(),
      (Ethernet{} / Vlan{.id = 7} / Ipv4{} / Udp{}).bytes(),
      (Ethernet{} / Vlan{.id = 7, .protocol = 0x88a8} / Vlan{.id = 9} / Ipv4{} / Udp{}).bytes(),
      (Ethernet{.type = 0x88cc} / Payload{std::size_t{60}}).bytes(),
      (Ethernet{} / Ipv4{} / Udp{} / Payload{std::size_t{1400}}).bytes(),
  };
}

TEST_P(TapProgram, PutsTheWholeFrameIntoTheRingAndLeavesItAlone) {
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
  for (const Bytes& packet : sample_packets()) {
    const Outcome run = rig->run(GetParam(), packet);
    ASSERT_EQ(run.error, 0);
    EXPECT_EQ(run.verdict, pass());
    EXPECT_EQ(run.packet_after, packet);
    const auto taken = rig->take_all();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].data, packet);
    EXPECT_EQ(taken[0].header.wire_len, packet.size());
    EXPECT_EQ(taken[0].header.cap_len, packet.size());
    EXPECT_EQ(taken[0].header.tap, tap_of(GetParam()));
    EXPECT_EQ(taken[0].header.slot, kSlot);
    EXPECT_EQ(taken[0].header.verdict, static_cast<std::int32_t>(pass()));
    EXPECT_EQ(taken[0].header.lost, 0U);
    EXPECT_GT(taken[0].header.boot_ns, 0U);
    if (tap_of(GetParam()) != RINGTAP_TAP_XDP) {
      EXPECT_EQ(taken[0].header.mark, 0x1234U);
    }
  }
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_SEEN), sample_packets().size());
}

TEST_P(TapProgram, CutsAtTheSnaplenAndKeepsTheLengthOnTheWire) {
  constexpr std::uint32_t kSnaplen = 96;
  auto rig = TapRig::make(kSnaplen);
  ASSERT_TRUE(rig);
  for (const std::size_t payload : {1U, 53U, 54U, 55U, 1000U}) {
    const Bytes packet = (Ethernet{} / Ipv4{} / Udp{} / Payload{std::size_t{payload}}).bytes();
    ASSERT_EQ(rig->run(GetParam(), packet).error, 0);
    const auto taken = rig->take_all();
    ASSERT_EQ(taken.size(), 1U);
    const Bytes expected(packet.begin(), packet.begin() + std::min<std::ptrdiff_t>(kSnaplen, std::ssize(packet)));
    EXPECT_EQ(taken[0].data, expected);
    EXPECT_EQ(taken[0].header.wire_len, packet.size());
  }
}

TEST_P(TapProgram, CountsWhatTheRingHasNoRoomForAndTellsTheNextRecord) {
  const auto cpus = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_CONF)));
  auto rig = TapRig::make(RINGTAP_MAX_SNAPLEN, cpus * 4096);  // one page each
  ASSERT_TRUE(rig);
  const Bytes packet = (Ethernet{} / Ipv4{} / Udp{} / Payload{std::size_t{900}}).bytes();
  constexpr std::uint32_t kFrames = 100;
  ASSERT_EQ(rig->run(GetParam(), packet, kFrames).error, 0);
  rig->send_on_staged();
  const std::uint64_t full = rig->counter(GetParam(), RINGTAP_CNT_RING_FULL);
  const auto first = rig->take_all();
  EXPECT_GT(full, 0U);
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_SEEN), kFrames);
  EXPECT_EQ(first.size() + full, kFrames);

  // The loss is told once per CPU it happened on; keep asking until every such CPU has spoken.
  std::uint64_t told = 0;
  for (int i = 0; i < 200 && told < full; ++i) {
    ASSERT_EQ(rig->run(GetParam(), packet).error, 0);
    for (const Taken& record : rig->take_all()) told += record.header.lost;
  }
  EXPECT_EQ(told + std::accumulate(first.begin(), first.end(), std::uint64_t{0},
                                   [](std::uint64_t sum, const Taken& record) { return sum + record.header.lost; }),
            full);
}

TEST_P(TapProgram, WakesAReaderThatSleepsAndNobodyElse) {
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
  const Bytes packet = sample_packets().front();
  ringtap_control& control = rig->programs.control();
  EXPECT_EQ(control.sleeping, 0U);
  control.sleeping = 1;
  ASSERT_EQ(rig->run(GetParam(), packet).error, 0);
  EXPECT_EQ(control.sleeping, 0U);
  EXPECT_EQ(rig->take_all().size(), 1U);  // the empty record that carries the wake-up is not one of ours
}

TEST_P(TapProgram, GathersFastRecordsAndKeepsThemInOrder) {
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
  constexpr std::uint32_t kFrames = 1000;
  const Bytes packet = sample_packets().front();
  ASSERT_EQ(rig->run(GetParam(), packet, kFrames).error, 0);
  const auto taken = rig->take_all();
  ASSERT_EQ(taken.size(), kFrames);
  for (std::size_t i = 1; i < taken.size(); ++i) {
    if (taken[i].header.cpu == taken[i - 1].header.cpu) {
      ASSERT_GE(taken[i].header.boot_ns, taken[i - 1].header.boot_ns);
    }
    ASSERT_EQ(taken[i].data, packet);
  }
}

TEST_P(TapProgram, NothingWaitsInAStageWhenNobodyCouldSendItOn) {
  REQUIRE_CAPABILITY(CAP_PERFMON);
  auto features = probe_features();
  ASSERT_TRUE(features);
  features->stage_flusher = false;
  auto rig = TapRig::make(RINGTAP_MAX_SNAPLEN, 8 << 20, *features);
  ASSERT_TRUE(rig);
  ASSERT_EQ(rig->run(GetParam(), sample_packets().front(), 100).error, 0);
  for (std::size_t cpu = 0; cpu < rig->rings.readers().size(); ++cpu) EXPECT_EQ(rig->programs.stage(cpu).used, 0U);
  EXPECT_EQ(rig->take_all().size(), 100U);
}

TEST_P(TapProgram, WorksWithoutWhatOnlyNewerKernelsHave) {
  REQUIRE_CAPABILITY(CAP_PERFMON);
  auto rig = TapRig::make(RINGTAP_MAX_SNAPLEN, 8 << 20, KernelFeatures{});
  ASSERT_TRUE(rig);
  if (GetParam() == Program::kXdpFrags) {
    EXPECT_LT(rig->programs.xdp_frags_fd(), 0);
    return;
  }
  for (const Bytes& packet : sample_packets()) {
    const Outcome run = rig->run(GetParam(), packet);
    ASSERT_EQ(run.error, 0);
    EXPECT_EQ(run.packet_after, packet);
    const auto taken = rig->take_all();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].data, packet);
  }
}

TEST(XdpTap, TakesFramesOfSeveralBuffersWhole) {
  REQUIRE_CAPABILITY(CAP_BPF);
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
  if (rig->programs.xdp_frags_fd() < 0) GTEST_SKIP() << "this kernel has no multi-buffer XDP";
  for (const std::size_t payload : {5000U, 9000U, 20000U, 60000U}) {
    Bytes packet = (Ethernet{.type = 0x88b5} / Payload{std::size_t{payload}}).bytes();
    const Outcome run = rig->run(Program::kXdpFrags, packet);
    ASSERT_EQ(run.error, 0) << payload;
    EXPECT_EQ(run.verdict, static_cast<std::uint32_t>(XDP_PASS));
    EXPECT_EQ(run.packet_after, packet);
    const auto taken = rig->take_all();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].header.wire_len, packet.size());
    EXPECT_EQ(taken[0].data, packet);
  }
}

TEST(TcTap, TellsSegmentSizesOfASuperframe) {
  REQUIRE_CAPABILITY(CAP_BPF);
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
  const Bytes packet = (Ethernet{} / Ipv4{} / Tcp{} / Payload{std::size_t{3000}}).bytes();
  __sk_buff skb{};
  skb.gso_size = 1000;
  skb.gso_segs = 3;
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(),
              .data_size_in = static_cast<std::uint32_t>(packet.size()), .ctx_in = &skb, .ctx_size_in = sizeof(skb));
  ASSERT_EQ(bpf_prog_test_run_opts(rig->programs.tc_egress_fd(), &options), 0);
  const auto taken = rig->take_all();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].header.gso_size, 1000U);
  EXPECT_EQ(taken[0].header.gso_segs, 3U);
}

}  // namespace
}  // namespace ringtap
