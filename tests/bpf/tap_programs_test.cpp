// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tap programs one at a time, by BPF_PROG_TEST_RUN: what they return, what they put into the ring, what they count.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/translate.hpp"
#include "loader/cpus.hpp"
#include "loader/filter_body.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "record/slice.hpp"
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
                                    std::optional<KernelFeatures> features = {}, Reduction reduction = {},
                                    TapSet taps = {Tap::kXdp, Tap::kTcIngress, Tap::kTcEgress},
                                    FilterBodies filter = nullptr) {
    const auto cpus = online_cpus();
    if (!cpus) return std::nullopt;
    auto rings = Rings::create(ring_bytes, *cpus);
    if (!rings || !rings->filled()) return std::nullopt;
    if (!features) {
      auto probed = probe_features();
      if (!probed) return std::nullopt;
      features = *probed;
    }
    TapProgramsConfig config;
    config.taps = taps;
    config.snaplen = snaplen;
    config.rings = &*rings;
    config.features = *features;
    config.reduction = reduction;
    config.filter = std::move(filter);
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
        return programs.fd(ringtap::TapProgram::kXdpFrags);
      case Program::kXdpPlain:
        return programs.fd(ringtap::TapProgram::kXdp);
      case Program::kTcIngress:
        return programs.fd(ringtap::TapProgram::kTcIngress);
      default:
        return programs.fd(ringtap::TapProgram::kTcEgress);
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
    for (const unsigned cpu : rings.cpus()) {
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

  [[nodiscard]] std::uint64_t filtered_tagged(Program program) const {
    const auto rows = programs.counters(kSlot, tap_of(program));
    if (!rows) return ~std::uint64_t{0};
    std::uint64_t sum = 0;
    for (const ringtap_counters& row : *rows) sum += row.filtered_tagged;
    return sum;
  }

  Rings rings;
  TapPrograms programs;
};

constexpr const char* kSeveralBuffers = "XDP programs that take frames of several buffers (Linux 5.18)";

bool has_several_buffers() {
  static const bool has = [] {
    const auto features = probe_features();
    return features && features->xdp_load_bytes;
  }();
  return has;
}

class TapProgram : public ::testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    REQUIRE_CAPABILITY(CAP_BPF);
    REQUIRE_CAPABILITY(CAP_NET_ADMIN);
    if (GetParam() == Program::kXdpFrags) RINGTAP_REQUIRE(has_several_buffers(), kSeveralBuffers);
  }
  // With the tap under test alone: what reads headers takes the verifier a second.
  static std::optional<TapRig> less(const Reduction& reduction, std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN) {
    return TapRig::make(snaplen, 8 << 20, {}, reduction, {ringtap::tap_of(tap_of(GetParam()))});
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
    EXPECT_GT(taken[0].header.monotonic_ns, 0U);
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

TEST_P(TapProgram, CopiesFramesOfEveryLength) {
  for (const std::uint32_t snaplen : {64U, 100U, std::uint32_t{RINGTAP_MAX_SNAPLEN}}) {
    auto rig = TapRig::make(snaplen);
    ASSERT_TRUE(rig);
    for (std::size_t payload = 0; payload < 280; ++payload) {
      const Bytes packet = (Ethernet{.type = 0x88b5} / Payload{payload}).bytes();
      ASSERT_EQ(rig->run(GetParam(), packet).error, 0) << packet.size();
      const auto taken = rig->take_all();
      ASSERT_EQ(taken.size(), 1U);
      const Bytes expected(packet.begin(), packet.begin() + std::min<std::ptrdiff_t>(snaplen, std::ssize(packet)));
      ASSERT_EQ(taken[0].data, expected) << packet.size();
      ASSERT_EQ(taken[0].header.wire_len, packet.size());
    }
  }
}

TEST_P(TapProgram, CountsTheTaggedFramesAmongThoseThatAreFiltered) {
  const FilterBodies udp = [](FilterPlace place, const KernelFeatures& features) -> Result<FilterCode> {
    auto program = compile({.expression = "udp"});
    if (!program) return program.take_error();
    auto prepared = prepare(*program);
    if (!prepared) return prepared.take_error();
    return filter_body(*prepared, nullptr, place, features);
  };
  auto rig = TapRig::make(RINGTAP_MAX_SNAPLEN, 8 << 20, {}, {}, {ringtap::tap_of(tap_of(GetParam()))}, udp);
  ASSERT_TRUE(rig);
  for (const std::uint16_t protocol : std::initializer_list<std::uint16_t>{0x8100, 0x88a8, 0x9100}) {
    ASSERT_EQ(rig->run(GetParam(), (Ethernet{} / Vlan{.id = 7, .protocol = protocol} / Ipv4{} / Udp{}).bytes()).error,
              0);
  }
  ASSERT_EQ(rig->run(GetParam(), (Ethernet{} / Ipv4{} / Udp{}).bytes()).error, 0);
  ASSERT_EQ(rig->run(GetParam(), (Ethernet{} / Ipv4{} / Tcp{}).bytes()).error, 0);
  EXPECT_EQ(rig->take_all().size(), 1U);
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_FILTERED), 4U);
  EXPECT_EQ(rig->filtered_tagged(GetParam()), 3U);
}

// Where the headers of a frame end, layer by layer.
struct Headers {
  const char* name;
  Bytes packet;
  std::array<std::size_t, 3> ends;  // l2, l3, l4
};

std::vector<Headers> frames_with_headers() {
  const Payload much{std::size_t{200}};
  const Bytes options8(8, std::byte{1});
  const Bytes options12(12, std::byte{1});
  // Hop-by-hop options, then a fragment header: more to come, at the given offset.
  const auto extensions = [](const char* offset) {
    return Payload{
        testing::bytes_of(std::string("2c00010400000000 1100") + offset + "00000001 9c400009006400001122334455667788")};
  };
  return {
      {"UDP", (Ethernet{} / Ipv4{} / Udp{} / much).bytes(), {14, 34, 42}},
      {"tag, IPv4 and TCP with options",
       (Ethernet{} / Vlan{.id = 7} / Ipv4{.options = options8} / Tcp{.options = options12} / much).bytes(),
       {18, 46, 78}},
      {"two tags, IPv6",
       (Ethernet{} / Vlan{.id = 7, .protocol = 0x88a8} / Vlan{.id = 9} / Ipv6{} / Tcp{} / much).bytes(),
       {22, 62, 82}},
      {"extension headers, first fragment",
       (Ethernet{} / Ipv6{.next_header = 0} / extensions("0001")).bytes(),
       {14, 70, 78}},
      {"extension headers, later fragment",
       (Ethernet{} / Ipv6{.next_header = 0} / extensions("0101")).bytes(),
       {14, 70, 70}},
      {"later fragment", (Ethernet{} / Ipv4{.fragment = 0x2010} / Udp{} / much).bytes(), {14, 34, 34}},
      {"ICMP", (Ethernet{} / Ipv4{} / testing::Icmp{} / much).bytes(), {14, 34, 42}},
      {"ARP", (Ethernet{} / testing::Arp{} / much).bytes(), {14, 42, 42}},
      {"unknown type", (Ethernet{.type = 0x88cc} / much).bytes(), {14, 14, 14}},
      {"unknown protocol", (Ethernet{} / Ipv4{.protocol = 253} / much).bytes(), {14, 34, 34}},
      {"IPv4 header too short to be one",
       (Ethernet{.type = 0x0800} / Payload{Bytes(100, std::byte{0x41})}).bytes(),
       {14, 14, 14}},
  };
}

TEST_P(TapProgram, SlicesBehindTheHeadersOfALayer) {
  REQUIRE_CAPABILITY(CAP_PERFMON);
  for (const auto& [layer, more] : {std::pair{2, 0U}, std::pair{3, 5U}, std::pair{4, 0U}}) {
    auto rig = less({.slice_layer = layer, .slice_more = more});
    ASSERT_TRUE(rig);
    for (const Headers& frame : frames_with_headers()) {
      const Outcome run = rig->run(GetParam(), frame.packet);
      ASSERT_EQ(run.error, 0) << frame.name;
      EXPECT_EQ(run.packet_after, frame.packet);
      const auto taken = rig->take_all();
      ASSERT_EQ(taken.size(), 1U) << frame.name;
      const std::size_t kept = frame.ends[static_cast<std::size_t>(layer) - 2] + more;
      ASSERT_LE(kept, frame.packet.size()) << frame.name;
      EXPECT_EQ(taken[0].data, Bytes(frame.packet.begin(), frame.packet.begin() + static_cast<std::ptrdiff_t>(kept)))
          << frame.name << " l" << layer << "+" << more;
      // User space cuts records of files at the same place.
      EXPECT_EQ(header_length({.data = frame.packet}, layer) + more, kept) << frame.name << " l" << layer;
      EXPECT_EQ(taken[0].header.wire_len, frame.packet.size());
    }
  }
}

TEST_P(TapProgram, NeverKeepsMoreThanTheSnaplenOfASlice) {
  auto rig = less({.slice_layer = 4, .slice_more = 1000}, 64);
  ASSERT_TRUE(rig);
  for (const Headers& frame : frames_with_headers()) {
    ASSERT_EQ(rig->run(GetParam(), frame.packet).error, 0) << frame.name;
    const auto taken = rig->take_all();
    ASSERT_EQ(taken.size(), 1U) << frame.name;
    EXPECT_EQ(taken[0].data, Bytes(frame.packet.begin(), frame.packet.begin() + 64)) << frame.name;
  }
}

TEST_P(TapProgram, SamplesBothDirectionsOfAFlowOrNeither) {
  auto rig = less({.sample = 4});
  ASSERT_TRUE(rig);
  const auto is_taken = [&](const Bytes& packet) {
    EXPECT_EQ(rig->run(GetParam(), packet).error, 0);
    return rig->take_all().size();
  };
  constexpr std::uint16_t kFlows = 400;
  std::size_t four = 0;
  std::size_t six = 0;
  for (std::uint16_t i = 0; i < kFlows; ++i) {
    const std::string a = "10.1.0." + std::to_string(i % 250);
    const auto port = static_cast<std::uint16_t>(1024 + i);
    const std::size_t there = is_taken((Ethernet{} / Ipv4{.src = a} / Tcp{.src_port = port, .dst_port = 443}).bytes());
    const std::size_t back = is_taken(
        (Ethernet{} / Vlan{.id = 3} / Ipv4{.src = "192.0.2.2", .dst = a} / Tcp{.src_port = 443, .dst_port = port})
            .bytes());
    EXPECT_EQ(there, back) << a << " " << port;
    const std::string b = "2001:db8::" + std::to_string(i);
    const std::size_t there6 = is_taken((Ethernet{} / Ipv6{.src = b} / Udp{.src_port = port, .dst_port = 53}).bytes());
    const std::size_t back6 =
        is_taken((Ethernet{} / Ipv6{.src = "2001:db8::2", .dst = b} / Udp{.src_port = 53, .dst_port = port}).bytes());
    EXPECT_EQ(there6, back6) << b;
    // What comes in fragments goes by its addresses.
    EXPECT_EQ(is_taken((Ethernet{} / Ipv4{.src = a, .fragment = 0x2000} / Udp{.src_port = port}).bytes()),
              is_taken((Ethernet{} / Ipv4{.src = a, .fragment = 0x0010} / Udp{.src_port = 1}).bytes()));
    four += there;
    six += there6;
  }
  // A quarter, give or take four standard deviations.
  for (const std::size_t flows : {four, six}) {
    EXPECT_GT(flows, kFlows / 4 - 35U);
    EXPECT_LT(flows, kFlows / 4 + 35U);
  }
  EXPECT_EQ(is_taken((Ethernet{} / testing::Arp{}).bytes()), 1U) << "is of no flow";
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_RATE_LIMITED), 0U);
  EXPECT_GT(rig->counter(GetParam(), RINGTAP_CNT_SAMPLED_OUT), 0U);
}

TEST_P(TapProgram, LimitsTheRateAndCountsTheExcess) {
  constexpr std::uint64_t kRate = 1000;
  constexpr std::uint32_t kFrames = 20000;
  auto rig = less({.max_pps = kRate});
  ASSERT_TRUE(rig);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(rig->run(GetParam(), sample_packets().front(), kFrames).error, 0);
  const auto taken = rig->take_all().size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  // A tenth of a second's worth may go at once.
  EXPECT_GE(taken, kRate / 10);
  EXPECT_LE(static_cast<double>(taken), kRate / 10 + kRate * took.count() + 1);
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_RATE_LIMITED), kFrames - taken);
  EXPECT_EQ(rig->counter(GetParam(), RINGTAP_CNT_SEEN), kFrames);
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
      ASSERT_GE(taken[i].header.monotonic_ns, taken[i - 1].header.monotonic_ns);
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
  for (const unsigned cpu : rig->rings.cpus()) EXPECT_EQ(rig->programs.stage(cpu).used, 0U);
  EXPECT_EQ(rig->take_all().size(), 100U);
}

TEST_P(TapProgram, WorksWithoutWhatOnlyNewerKernelsHave) {
  REQUIRE_CAPABILITY(CAP_PERFMON);
  auto rig = TapRig::make(RINGTAP_MAX_SNAPLEN, 8 << 20, KernelFeatures{});
  ASSERT_TRUE(rig);
  if (GetParam() == Program::kXdpFrags) {
    EXPECT_LT(rig->fd(Program::kXdpFrags), 0);
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

// This thread stays on the CPU on which it is.
class OneCpu {
 public:
  OneCpu() {
    EXPECT_EQ(::sched_getaffinity(0, sizeof before_, &before_), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    EXPECT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  }
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  ~OneCpu() { EXPECT_EQ(::sched_setaffinity(0, sizeof before_, &before_), 0); }

 private:
  cpu_set_t before_{};
};

// Rings of one page, of several pieces, and of less than a piece.
TEST(XdpTap, PutsFramesIntoPagesThatNobodyHasReadYet) {
  REQUIRE_CAPABILITY(CAP_BPF);
  REQUIRE_CAPABILITY(CAP_NET_ADMIN);
  const OneCpu one_cpu;
  constexpr std::size_t kSmall = 700;
  for (const std::size_t ring : {std::size_t{4} << 10, std::size_t{256} << 10, std::size_t{4} << 20}) {
    auto rig = TapRig::make(kSmall, ring * online_cpus()->size(), {}, {}, {Tap::kXdp});
    ASSERT_TRUE(rig);
    ASSERT_EQ(rig->rings.bytes_each(), std::max<std::size_t>(ring, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))));
    std::uint64_t number = 0;
    for (std::size_t bytes = 0; bytes < 3 * rig->rings.bytes_each();) {
      std::vector<Bytes> sent;
      for (; sent.size() < 4; bytes += kSmall) {
        sent.push_back((Ethernet{.type = 0x88b5} / Payload{std::string(600, 'x') + std::to_string(++number)}).bytes());
        ASSERT_EQ(rig->run(Program::kXdpPlain, sent.back()).error, 0);
      }
      const auto taken = rig->take_all();
      ASSERT_EQ(taken.size(), sent.size()) << number << " in rings of " << ring;
      for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(taken[i].data, sent[i]) << number;
    }
  }
}

TEST(XdpTap, TakesFramesOfSeveralBuffersWhole) {
  REQUIRE_CAPABILITY(CAP_BPF);
  RINGTAP_REQUIRE(has_several_buffers(), kSeveralBuffers);
  auto rig = TapRig::make();
  ASSERT_TRUE(rig);
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
  ASSERT_EQ(bpf_prog_test_run_opts(rig->fd(Program::kTcEgress), &options), 0);
  const auto taken = rig->take_all();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].header.gso_size, 1000U);
  EXPECT_EQ(taken[0].header.gso_segs, 3U);
}

}  // namespace
}  // namespace ringtap
