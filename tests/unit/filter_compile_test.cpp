// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The front end: what libpcap says comes through, printed programs are tcpdump's, names of interfaces become numbers,
// an expression matches behind tags when asked to, and the matcher knows what stands beside the bytes.
#include "filter/compile.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "filter/ebpf_text.hpp"
#include "filter/translate.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/filter_corpus.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Tcp;
using testing::Udp;
using testing::Vlan;

Bytes tcp_to_port_80(const std::vector<Vlan>& tags) {
  testing::Packet packet = Ethernet{} / Ipv4{} / Tcp{.dst_port = 80};
  if (tags.size() == 1) packet = Ethernet{} / tags[0] / Ipv4{} / Tcp{.dst_port = 80};
  if (tags.size() == 2) packet = Ethernet{} / tags[0] / tags[1] / Ipv4{} / Tcp{.dst_port = 80};
  return packet.bytes();
}

bool matches(const FilterRequest& request, const Bytes& frame, const FrameMetadata& metadata = {}) {
  auto program = compile(request);
  EXPECT_TRUE(program) << program.error().text();
  auto matcher = FilterMatcher::create(*program);
  EXPECT_TRUE(matcher) << matcher.error().text();
  return matcher->verdict(frame, static_cast<std::uint32_t>(frame.size()), metadata) != 0;
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> part{};
  while (const std::size_t got = fread(part.data(), 1, part.size(), pipe)) out.append(part.data(), got);
  pclose(pipe);
  return out;
}

TEST(FilterCompile, RefusesAWrongExpressionInLibpcapsWords) {
  for (const auto& [expression, words] :
       std::vector<std::pair<std::string, std::string>>{{"tcp port", "syntax error"},
                                                        {"host", "syntax error"},
                                                        {"port 80 and and", "syntax error"},
                                                        {"tcp and udp", "expression rejects all packets"},
                                                        {"ether proto \\nonsense", "unknown ether proto"},
                                                        {"portrange 1-99999999", "illegal port"},
                                                        {"vlan 5000", "VLAN tag"},
                                                        {"1.2.3.4/33", "syntax error"},
                                                        {"ip[0:3] = 1", "data size must be 1, 2, or 4"}}) {
    auto program = compile({.expression = expression});
    ASSERT_FALSE(program) << expression;
    EXPECT_EQ(program.error().kind(), ErrorKind::kUsage);
    EXPECT_NE(program.error().text().find(words), std::string::npos) << expression << ": " << program.error().text();
    EXPECT_NE(program.error().hint(), "");
  }
}

TEST(FilterCompile, PrintsProgramsAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  const std::array<std::pair<const char*, ProgramFormat>, 3> formats = {
      {{"-d", ProgramFormat::kAssembly}, {"-dd", ProgramFormat::kCArray}, {"-ddd", ProgramFormat::kDecimal}}};
  for (const std::string expression :
       {"tcp port 80", "", "ip6 protochain 6", "len > 60 and inbound", "ip[8] / ip[1] = -ip[2:2]", "vlan 5 and arp"}) {
    auto program = compile({.expression = expression});
    ASSERT_TRUE(program) << program.error().text();
    for (const auto& [option, format] : formats) {
      const std::string command = std::string("tcpdump -y EN10MB ") + option + " '" + expression + "' 2>/dev/null";
      EXPECT_EQ(print_program(*program, format), output_of(command)) << command;
    }
  }
}

TEST(FilterCompile, MatchesBehindAnyTagsWhenAsked) {
  const Bytes plain = tcp_to_port_80({});
  const Bytes tagged = tcp_to_port_80({{.id = 5}});
  const Bytes twice = tcp_to_port_80({{.id = 7, .protocol = 0x88a8}, {.id = 5}});
  for (const bool any_vlan : {false, true}) {
    EXPECT_TRUE(matches({.expression = "tcp port 80", .any_vlan = any_vlan}, plain));
    EXPECT_EQ(matches({.expression = "tcp port 80", .any_vlan = any_vlan}, tagged), any_vlan);
    EXPECT_EQ(matches({.expression = "tcp port 80", .any_vlan = any_vlan}, twice), any_vlan);
    EXPECT_FALSE(matches({.expression = "tcp port 81", .any_vlan = any_vlan}, twice));
    EXPECT_TRUE(matches({.expression = "vlan 7", .any_vlan = any_vlan}, twice));
    EXPECT_EQ(matches({.expression = "vlan 5 and port 80", .any_vlan = any_vlan}, twice), any_vlan);
    EXPECT_FALSE(matches({.expression = "vlan 5 and port 80", .any_vlan = any_vlan}, plain));
  }
}

TEST(FilterCompile, TakesNamesOfInterfacesForTheirNumbers) {
  auto named = compile({.expression = "ifname lo and (tcp or on lo)"});
  auto numbered = compile({.expression = "ifindex 1 and (tcp or ifindex 1)"});
  ASSERT_TRUE(named) << named.error().text();
  ASSERT_TRUE(numbered);
  EXPECT_EQ(named->insns, numbered->insns);
  auto unknown = compile({.expression = "ifname no-such-device"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind(), ErrorKind::kUsage);
}

TEST(FilterCompile, AsksForDirectionAndInterfaceBesideTheBytes) {
  const Bytes frame = tcp_to_port_80({});
  const FrameMetadata out{.packet_type = PacketType::kOutgoing, .ifindex = 3};
  const FrameMetadata in{.packet_type = PacketType::kHost, .ifindex = 4};
  EXPECT_TRUE(matches({.expression = "outbound and tcp"}, frame, out));
  EXPECT_FALSE(matches({.expression = "outbound and tcp"}, frame, in));
  EXPECT_TRUE(matches({.expression = "inbound"}, frame, in));
  EXPECT_TRUE(matches({.expression = "ifindex 3"}, frame, out));
  EXPECT_FALSE(matches({.expression = "ifindex 3"}, frame, in));
  auto from_file = compile({.expression = "inbound", .live = false});
  ASSERT_FALSE(from_file);
  EXPECT_EQ(from_file.error().kind(), ErrorKind::kUsage);
}

TEST(FilterCompile, DoesNotOptimiseForMinutes) {
  std::string hosts = "host 10.0.0.0";
  for (int n = 1; n < 1000; ++n) hosts += " or host 10." + std::to_string(n / 100) + ".1." + std::to_string(n % 100);
  const auto start = std::chrono::steady_clock::now();
  auto program = compile({.expression = hosts});
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));  // optimising takes a minute or more
  auto code = translate(*program, {.hook = FilterHook::kTcIngress});
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_LT(code->insns.size(), 30'000U);
}

TEST(FilterCompile, TheTranslatorRefusesWhatNoFilterMayContain) {
  using Insns = std::vector<ClassicInsn>;
  const ClassicInsn accept{.code = BPF_RET | BPF_K, .k = 1};
  for (const Insns& insns :
       std::vector<Insns>{{},
                          {{.code = BPF_LD | BPF_IMM}},                             // falls off the end
                          {{.code = BPF_JMP | BPF_JA, .k = 1}, accept},             // jumps out of the program
                          {{.code = BPF_JMP | BPF_JEQ, .jt = 0, .jf = 9}, accept},  // the same
                          {{.code = BPF_ALU | BPF_DIV | BPF_K}, accept},            // by zero
                          {{.code = BPF_ALU | BPF_LSH | BPF_K, .k = 32}, accept},   // undefined in libpcap
                          {{.code = BPF_ST, .k = 16}, accept},                      // no such word
                          {{.code = BPF_LDX | BPF_ABS | BPF_W}, accept},            // no such load
                          {{.code = 0xffff}, accept}}) {
    EXPECT_FALSE(translate({.insns = insns}, {})) << insns.size();
  }
  const ClassicProgram nested{.insns = {{.code = BPF_LD | BPF_ABS | BPF_W, .k = 0xfffff000 + SKF_AD_NLATTR}, accept}};
  EXPECT_FALSE(translate(nested, {.hook = FilterHook::kTcIngress}));
}

TEST(FilterCompile, PrintsEbpfWithTheTargetOfEveryJump) {
  auto program = compile({.expression = "ip"});
  ASSERT_TRUE(program);
  auto code = translate(*program, {.hook = FilterHook::kXdp, .xdp_load_bytes = false});
  ASSERT_TRUE(code);
  EXPECT_EQ(print_ebpf(code->insns),
            "   0: (61) r2 = *(u32 *)(r1 + 0)\n"
            "   1: (61) r3 = *(u32 *)(r1 + 4)\n"
            "   2: (bf) r5 = r2\n"
            "   3: (07) r5 += 14\n"
            "   4: (2d) if r5 > r3 goto pc+5   ; 10\n"
            "   5: (69) r0 = *(u16 *)(r2 + 12)\n"
            "   6: (dc) r0 = be16 r0\n"
            "   7: (56) if w0 != 0x800 goto pc+2   ; 10\n"
            "   8: (b4) w0 = 262144\n"
            "   9: (95) exit\n"
            "  10: (b4) w0 = 0\n"
            "  11: (95) exit\n");
}

}  // namespace
}  // namespace ringtap
