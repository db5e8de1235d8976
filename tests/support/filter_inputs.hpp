// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the filter tests feed on: frames that look like traffic and then are damaged, classic programs that libpcap's
// validator accepts though it would never emit them, and expressions along the grammar of pcap-filter(7). Every
// generator is a pure function of its random source.
#pragma once

#include <linux/filter.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "filter/classic_program.hpp"

namespace ringtap::testing {

using RawFrame = std::vector<std::uint8_t>;

class FilterInputs {
 public:
  explicit FilterInputs(std::uint64_t seed) : random_(seed) {}

  std::uint32_t below(std::uint64_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool one_in(unsigned n) { return below(n) == 0; }
  template <class T, std::size_t N>
  T any_of(const std::array<T, N>& values) {
    return values[below(N)];
  }

  // Ethernet with up to two tags, MPLS or PPPoE, IPv4, IPv6 with extension headers, ARP or noise, then a transport.
  RawFrame frame(std::uint32_t max_payload = 120) {
    RawFrame f;
    for (int i = 0; i < 12; ++i) put(f, one_in(4) ? (i < 6 ? 0xff : 2) : word(), 1);
    for (unsigned tags = one_in(2) ? 0 : below(3); tags > 0; --tags) {
      put(f, any_of(kTagProtocols), 2);
      put(f, one_in(3) ? word() : below(12), 2);
    }
    if (one_in(20)) {
      put(f, 0x8847, 2);
      if (one_in(2)) put(f, (below(2000) << 12) | 64, 4);
      put(f, (below(2000) << 12) | 0x100 | 64, 4);
    } else if (one_in(20)) {
      put(f, 0x8864, 2);
      for (const std::uint32_t half : {0x1100U, below(5), 60U, any_of(std::array{0x21U, 0x57U})}) put(f, half, 2);
    } else {
      put(f, any_of(kEtherTypes), 2);
    }
    network(f);
    for (std::uint32_t n = below(max_payload + 1); n > 0; --n) put(f, word(), 1);
    if (one_in(3))
      for (std::uint32_t n = below(4); n > 0; --n) f[below(f.size())] = static_cast<std::uint8_t>(word());
    if (one_in(3)) f.resize(14 + below(f.size() - 13));
    if (one_in(60)) f.resize(below(14));
    return f;
  }

  // Any opcode, offset and jump. Memory words are written before any other instruction reads them, because libpcap's
  // interpreter leaves them unset.
  ClassicProgram program() {
    ClassicProgram p;
    auto& insns = p.insns;
    std::uint32_t words = one_in(2) ? 0 : below(65536);
    for (std::uint32_t n = 0; n < 16; ++n) {
      if ((words >> n & 1) == 0) continue;
      insns.push_back({.code = BPF_LD | BPF_IMM, .k = constant()});
      insns.push_back({.code = BPF_ST, .k = n});
    }
    const std::uint32_t count = 3 + below(40);
    for (std::uint32_t n = 0; n < count; ++n) insns.push_back(instruction(words, count - n));
    insns.push_back(ret());
    return p;
  }

  std::string expression(int depth = 3) {
    if (depth > 0 && !one_in(3)) {
      switch (below(8)) {
        case 0:
          return "not " + parenthesised(depth);
        case 1:
        case 2:
        case 3:
          return parenthesised(depth) + " or " + parenthesised(depth);
        default:
          return parenthesised(depth) + " and " + parenthesised(depth);
      }
    }
    return primitive();
  }

  // A long list of terms of one to three kinds, by itself or within a larger expression.
  std::string list(std::uint32_t count) {
    std::array<std::uint32_t, 3> kinds{};
    for (auto& kind : kinds) kind = below(kListKinds);
    if (one_in(2)) kinds.fill(kinds[0]);
    std::string terms;
    for (std::uint32_t n = 0; n < count; ++n) {
      if (n != 0) terms += one_in(2) ? " or " : " || ";
      terms += list_term(any_of(kinds));
    }
    switch (below(8)) {
      case 0:
        return "not (" + terms + ")";
      case 1:
        return "(" + terms + ") and " + parenthesised(2);
      case 2:
        return parenthesised(2) + " and not (" + terms + ")";
      case 3:
        return parenthesised(2) + " or (" + terms + ")";
      default:
        return terms;
    }
  }

 private:
  static constexpr std::uint32_t kListKinds = 16;
  static constexpr std::array<std::uint32_t, 4> kTagProtocols = {0x8100, 0x8100, 0x88a8, 0x9100};
  static constexpr std::array<std::uint32_t, 12> kEtherTypes = {0x800, 0x800, 0x800,  0x800,  0x86dd, 0x86dd,
                                                                0x806, 46,    0x8863, 0x88cc, 0x8035, 0x600};
  static constexpr std::array<std::uint32_t, 8> kHosts = {0x0a000001, 0x0a000002, 0xc0a80101, 0x7f000001,
                                                          0xe0000001, 0xffffffff, 0x01020304, 0x0a0000ff};
  static constexpr std::array<std::uint32_t, 10> kPorts = {80, 443, 53, 22, 6081, 4789, 1023, 1024, 65535, 0};
  static constexpr std::array<std::uint32_t, 18> kProtocols = {6,  6,  6, 17,  17, 1, 58, 132, 47,
                                                               50, 51, 2, 103, 41, 0, 43, 44,  60};

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  std::uint32_t host() { return one_in(4) ? word() : any_of(kHosts); }
  std::uint32_t port() { return one_in(4) ? below(65536) : any_of(kPorts); }

  static void put(RawFrame& f, std::uint32_t value, int bytes) {
    while (bytes-- > 0) f.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
  }

  void network(RawFrame& f) {
    const std::uint32_t type = f[f.size() - 1] | f[f.size() - 2] << 8;
    std::uint32_t protocol = one_in(8) ? below(256) : any_of(kProtocols);
    if (type == 0x806) {
      for (const std::uint32_t half : {1U, 0x800U, 0x604U, 1 + below(2), 2U, below(9), below(9)}) put(f, half, 2);
      put(f, host(), 4);
      put(f, word(), 4);
      put(f, word(), 2);
      put(f, host(), 4);
      return;
    }
    if (type == 0x86dd || type == 0x57) {
      put(f, 0x60000000 | below(1 << 20), 4);
      put(f, below(1500), 2);
      put(f, protocol, 1);
      put(f, 64, 1);
      for (int i = 0; i < 8; ++i) put(f, one_in(2) ? 0 : host(), 4);
      for (unsigned n = below(12); n > 0 && (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60);
           --n) {
        const std::uint32_t next = one_in(2) ? protocol : any_of(kProtocols);
        const std::uint32_t units = protocol == 44 || !one_in(3) ? 0 : below(3);
        put(f, next, 1);
        put(f, units, 1);
        for (std::uint32_t i = 0; i < 6 + 8 * units; ++i) put(f, one_in(3) ? word() : 0, 1);
        protocol = next;
      }
    } else {
      const std::uint32_t words = one_in(4) ? below(16) : 5;
      put(f, (one_in(20) ? below(16) : 4) << 4 | words, 1);
      put(f, word(), 1);
      put(f, below(1500), 2);
      put(f, word(), 2);
      put(f, one_in(3) ? word() : 0x4000, 2);
      put(f, 64, 1);
      put(f, protocol, 1);
      put(f, word(), 2);
      put(f, host(), 4);
      put(f, host(), 4);
      for (std::uint32_t i = 5; i < words; ++i) put(f, word(), 4);
    }
    put(f, port(), 2);
    put(f, port(), 2);
    if (protocol == 6) {
      put(f, word(), 4);
      put(f, word(), 4);
      put(f, one_in(2) ? 0x50 : word(), 1);
      put(f, word(), 1);
      put(f, word(), 2);
      put(f, word(), 4);
      if (one_in(3))
        for (const char c : std::string_view("GET / HTTP/1.1\r\n")) put(f, static_cast<std::uint8_t>(c), 1);
    } else {
      put(f, below(200), 2);
      put(f, word(), 2);
      put(f, one_in(2) ? 8 : 0, 1);
    }
  }

  std::uint32_t constant() {
    switch (below(5)) {
      case 0:
        return word();
      case 1:
        return one_in(2) ? 0x80000000 : 0xffffffff;
      default:
        return below(300);
    }
  }
  std::uint32_t offset() {
    switch (below(16)) {
      case 0:
        return below(70000);
      case 1:
        return word() % 0xfffff000;
      case 2:
        return 0x7fffffff - below(8);
      case 3:
        return 32760 + below(16);
      case 4:
        return 0xffff - below(6);
      default:
        return below(64);
    }
  }
  ClassicInsn ret() {
    return one_in(2) ? ClassicInsn{.code = BPF_RET | BPF_A}
                     : ClassicInsn{.code = BPF_RET | BPF_K, .k = below(4) * 0x10001};
  }

  // `left`: how many instructions follow this one. `words`: memory that has been written on every path.
  ClassicInsn instruction(std::uint32_t words, std::uint32_t left) {
    static constexpr std::array<std::uint16_t, 3> sizes = {BPF_W, BPF_H, BPF_B};
    static constexpr std::array<std::uint16_t, 11> operations = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
                                                                 BPF_LSH, BPF_RSH, BPF_NEG, 0x90,    0xa0};
    static constexpr std::array<std::uint16_t, 4> tests = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
    const auto code = [](unsigned bits) { return static_cast<std::uint16_t>(bits); };
    const std::uint16_t to = one_in(2) ? BPF_LD : BPF_LDX;
    switch (below(15)) {
      case 0:
      case 1:
        return {.code = code(BPF_LD | BPF_ABS | any_of(sizes)), .k = offset()};
      case 2:
      case 3:
        return {.code = code(BPF_LD | BPF_IND | any_of(sizes)), .k = offset()};
      case 4:
        return {.code = BPF_LDX | BPF_MSH | BPF_B, .k = offset()};
      case 5:
        return {.code = code(to | BPF_IMM), .k = constant()};
      case 6:
        return {.code = code((one_in(2) ? BPF_ST : BPF_STX)), .k = below(16)};
      case 7:
        for (const std::uint32_t n : {below(16), below(16), below(16)})
          if ((words >> n & 1) != 0) return {.code = code(to | BPF_MEM), .k = n};
        return {.code = code(to | BPF_W | BPF_LEN)};
      case 8:
        return {.code = code(to | BPF_W | BPF_LEN)};
      case 9:
        return {.code = code(BPF_MISC | (one_in(2) ? BPF_TAX : BPF_TXA))};
      case 10:
      case 11: {
        const std::uint16_t operation = any_of(operations);
        if (operation == BPF_NEG) return {.code = BPF_ALU | BPF_NEG};
        if (one_in(2)) return {.code = code(BPF_ALU | operation | BPF_X)};
        std::uint32_t k = constant();
        if (operation == BPF_LSH || operation == BPF_RSH) k %= 32;
        return {.code = code(BPF_ALU | operation), .k = std::max(k, 1U)};
      }
      case 12:
        if (one_in(4)) return ret();
        return {.code = BPF_JMP | BPF_JA, .k = below(left)};
      default:
        return {.code = code(BPF_JMP | any_of(tests) | (one_in(3) ? BPF_X : BPF_K)),
                .jt = static_cast<std::uint8_t>(below(left)),
                .jf = static_cast<std::uint8_t>(below(left)),
                .k = constant()};
    }
  }

  std::string parenthesised(int depth) { return "(" + expression(depth - 1) + ")"; }
  std::string number(std::uint32_t limit) { return std::to_string(below(limit)); }
  std::string address() {
    const std::uint32_t a = host();
    return std::to_string(a >> 24) + "." + std::to_string(a >> 16 & 255) + "." + std::to_string(a >> 8 & 255) + "." +
           std::to_string(a & 255);
  }
  std::string direction() {
    static constexpr std::array<std::string_view, 5> words = {"", "src ", "dst ", "src or dst ", "src and dst "};
    return std::string(any_of(words));
  }

  std::string primitive() {
    static constexpr std::array<std::string_view, 24> simple = {"ip",
                                                                "ip6",
                                                                "arp",
                                                                "rarp",
                                                                "tcp",
                                                                "udp",
                                                                "sctp",
                                                                "icmp",
                                                                "icmp6",
                                                                "igmp",
                                                                "vlan",
                                                                "mpls",
                                                                "pppoes",
                                                                "pppoed",
                                                                "ah",
                                                                "esp",
                                                                "multicast",
                                                                "broadcast",
                                                                "ip multicast",
                                                                "pim",
                                                                "stp",
                                                                "ip6 multicast",
                                                                "ether multicast",
                                                                "geneve"};
    static constexpr std::array<std::string_view, 4> transports = {"", "tcp ", "udp ", "sctp "};
    switch (below(14)) {
      case 0:
      case 1:
        return std::string(any_of(simple));
      case 2:
        return direction() + "host " + address();
      case 3:
        return direction() + "net " + number(224) + "." + number(256) + ".0.0/" + std::to_string(8 + below(9));
      case 4:
      case 5:
        return std::string(any_of(transports)) + direction() + "port " + std::to_string(port());
      case 6: {
        const std::uint32_t first = below(60000);
        return direction() + "portrange " + std::to_string(first) + "-" + std::to_string(first + below(5000));
      }
      case 7:
        return (one_in(2) ? "ip proto " : "ip6 proto ") + number(256);
      case 8:
        return (one_in(2) ? "vlan " : "mpls ") + number(12);
      case 9:
        return (one_in(2) ? "less " : "greater ") + number(200);
      case 10:
        return "ether host 02:02:02:00:00:0" + number(10);
      case 11:
        return (one_in(2) ? "ip protochain " : "ip6 protochain ") + number(60);
      case 12:
        return "ip6 host ::" + address();
      default:
        return comparison();
    }
  }

  std::string list_term(std::uint32_t kind) {
    static constexpr std::array<std::string_view, 4> transports = {"", "tcp ", "udp ", "sctp "};
    const auto port_number = [this] { return std::to_string(port()); };
    switch (kind) {
      case 0:
        return "(src host " + address() + " and udp port " + port_number() + ")";
      case 1:
        return "host " + address();
      case 2:
        return "(host " + address() + " and port " + port_number() + ")";
      case 3:
        return std::string(any_of(transports)) + "port " + port_number();
      case 4:
        return direction() + "net " + number(224) + "." + number(256) + ".0.0/16";
      case 5:
        return "(host " + address() + " and host " + address() + ")";
      case 6:
        return "(src host " + address() + " and dst host " + address() + " and tcp dst port " + port_number() + ")";
      case 7:
        return "ip6 host ::" + address();
      case 8:
        return "(src net 2001:db8:" + number(8) + "::/48 and port " + port_number() + ")";
      case 9:
        return "portrange " + number(100) + "-" + std::to_string(100 + below(60000));
      case 10:
        return "(dst host " + address() + " and not port " + port_number() + ")";
      case 11:
        return "ip proto " + number(256);
      case 12:
        return "ether src host 02:02:02:00:00:0" + number(10);
      case 13:
        return "not src host " + address();
      case 14:
        return "(dst host " + address() + " and udp portrange " + number(100) + "-" +
               std::to_string(100 + below(60000)) + ")";
      default:
        return primitive();
    }
  }

  std::string comparison() {
    static constexpr std::array<std::string_view, 6> relations = {"=", "!=", "<", ">", "<=", ">="};
    return arithmetic(2) + " " + std::string(any_of(relations)) + " " + arithmetic(1);
  }

  std::string arithmetic(int depth) {
    static constexpr std::array<std::string_view, 10> operations = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"};
    static constexpr std::array<std::string_view, 7> protocols = {"ether", "ip", "tcp", "udp", "icmp", "ip6", "arp"};
    static constexpr std::array<std::string_view, 3> sizes = {"", ":2", ":4"};
    if (depth > 0 && one_in(2))
      return "(" + arithmetic(depth - 1) + " " + std::string(any_of(operations)) + " " + arithmetic(depth - 1) + ")";
    if (one_in(6)) return "len";
    if (one_in(3)) return one_in(8) ? std::to_string(word()) : number(64);
    const std::string where = depth > 0 && one_in(4) ? arithmetic(depth - 1) : number(40);
    return std::string(any_of(protocols)) + "[" + where + std::string(any_of(sizes)) + "]";
  }

  std::mt19937_64 random_;
};

}  // namespace ringtap::testing
