// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a filter costs per packet: our translation at XDP and tc by BPF_PROG_TEST_RUN, the same classic program as a
// socket filter in the same run. Prints one row per filter and packet, in nanoseconds. Needs root.
//
// Ours: a program that runs the filter 32 times minus one that does nothing, over 32: called as a function (the call is
// included) or inlined. Classic: datagrams into a Unix socket whose filter drops them; 33 copies one after the other (a
// return jumps to the next copy) minus one copy, over 32. Packets are hot in the cache and branches predicted in both.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/compile.hpp"
#include "filter/translate.hpp"
#include "loader/filter_tables.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

using Frame = std::vector<std::uint8_t>;
using Code = std::vector<bpf_insn>;

constexpr int kCalls = 32;

struct Case {
  std::string name;
  std::string expression;
  Frame frame;
};

bpf_insn insn(int code, int to, int from, int offset, int constant) {
  bpf_insn out{};
  out.code = static_cast<__u8>(code);
  out.dst_reg = to & 0xf;
  out.src_reg = from & 0xf;
  out.off = static_cast<__s16>(offset);
  out.imm = constant;
  return out;
}

Code nothing() {
  return {insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1), insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
}

Code called_often(const Code& filter) {
  Code code = {insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0)};
  for (int n = 0; n < kCalls; ++n) {
    code.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0));
    code.push_back(insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2 * (kCalls - 1 - n) + 1));
  }
  code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  code.insert(code.end(), filter.begin(), filter.end());
  return code;
}

Code inlined_often(const Code& filter) {
  Code code = {insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0)};
  for (int n = 0; n < kCalls; ++n) {
    code.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0));
    code.insert(code.end(), filter.begin(), filter.end());
  }
  code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return code;
}

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "filter_bench: %s\n", what.c_str());
  std::exit(1);
}

// Nanoseconds of one run, the least of several; `verdict` gets what the program returned.
double run(FilterHook hook, bool fragments, const Code& code, const Frame& frame, std::uint32_t linear,
           std::uint32_t& verdict) {
  const bool xdp = hook == FilterHook::kXdp;
  LIBBPF_OPTS(bpf_prog_load_opts, load_options);
  if (xdp && fragments) load_options.prog_flags = BPF_F_XDP_HAS_FRAGS;
  const UniqueFd fd(bpf_prog_load(xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, "filter_bench", "GPL", code.data(),
                                  code.size(), &load_options));
  if (!fd) give_up(std::string("the program does not load: ") + std::strerror(errno));
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    LIBBPF_OPTS(bpf_test_run_opts, options);
    xdp_md context{};
    options.data_in = frame.data();
    options.data_size_in = static_cast<__u32>(frame.size());
    options.repeat = 200'000;
    if (linear != 0) {
      context.data_end = linear;
      options.ctx_in = &context;
      options.ctx_size_in = sizeof context;
    }
    if (bpf_prog_test_run_opts(fd.get(), &options) != 0) give_up("BPF_PROG_TEST_RUN failed");
    best = std::min(best, static_cast<double>(options.duration));
    verdict = options.retval;
  }
  return best;
}

class ClassicSocket {
 public:
  explicit ClassicSocket(std::vector<ClassicInsn> program) {
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets_) != 0) give_up("socketpair failed");
    for (auto& i : program)
      if (BPF_CLASS(i.code) == BPF_RET) i = {.code = BPF_RET | BPF_K};  // never queued
    std::vector<sock_filter> filter;
    for (const auto& i : program) filter.push_back({i.code, i.jt, i.jf, i.k});
    const sock_fprog attached{static_cast<unsigned short>(filter.size()), filter.data()};
    if (setsockopt(sockets_[1], SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0) usable_ = false;
  }
  ClassicSocket(const ClassicSocket&) = delete;
  ClassicSocket& operator=(const ClassicSocket&) = delete;
  ~ClassicSocket() {
    close(sockets_[0]);
    close(sockets_[1]);
  }

  [[nodiscard]] bool usable() const { return usable_; }

  double send_many(const Frame& frame) const {
    constexpr int kSends = 10'000;
    const auto start = std::chrono::steady_clock::now();
    for (int n = 0; n < kSends; ++n) static_cast<void>(send(sockets_[0], frame.data(), frame.size(), 0));
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / kSends;
  }

 private:
  int sockets_[2] = {-1, -1};
  bool usable_ = true;
};

std::vector<ClassicInsn> repeated(const std::vector<ClassicInsn>& program, int copies) {
  std::vector<ClassicInsn> out;
  for (int copy = 0; copy < copies; ++copy) {
    for (std::size_t n = 0; n < program.size(); ++n) {
      ClassicInsn i = program[n];
      if (BPF_CLASS(i.code) == BPF_RET && copy + 1 < copies)
        i = {.code = BPF_JMP | BPF_JA, .k = static_cast<std::uint32_t>(program.size() - n - 1)};
      out.push_back(i);
    }
  }
  return out;
}

// Nothing where the kernel does not take the program: a loop, or too long to be repeated.
std::optional<double> classic_cost(const ClassicProgram& program, const Frame& frame) {
  constexpr std::size_t kKernelLimit = 4096;
  const int copies = static_cast<int>(std::min<std::size_t>(kCalls + 1, kKernelLimit / program.insns.size()));
  if (copies < 2) return std::nullopt;
  const ClassicSocket many(repeated(program.insns, copies));
  const ClassicSocket one(program.insns);
  if (!many.usable() || !one.usable()) return std::nullopt;
  double best_many = 1e9;
  double best_one = 1e9;
  for (int round = 0; round < 25; ++round) {
    best_many = std::min(best_many, many.send_many(frame));
    best_one = std::min(best_one, one.send_many(frame));
  }
  return (best_many - best_one) / (copies - 1);
}

void put(Frame& frame, std::uint32_t value, int bytes) {
  while (bytes-- > 0) frame.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
}

Frame make_frame(bool ipv6, int protocol, int from_port, int to_port, std::string_view payload = "") {
  Frame f = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  if (ipv6) {
    for (const std::uint32_t half : {0x86ddU, 0x6000U, 0U, 46U}) put(f, half, 2);
    put(f, protocol, 1);
    put(f, 64, 1);
    for (int n = 0; n < 8; ++n) put(f, n % 4 == 3 ? 1 : 0x20010db8, 4);
  } else {
    put(f, 0x0800, 2);
    for (const std::uint32_t word : {0x4500002eU, 0U, 0x40000000U + (protocol << 16), 0x0a000001U, 0x0a000002U})
      put(f, word, 4);
  }
  put(f, from_port, 2);
  put(f, to_port, 2);
  put(f, 1, 4);
  put(f, 2, 4);
  put(f, 0x50180000, 4);
  put(f, 0, 4);
  for (const char c : payload) put(f, static_cast<std::uint8_t>(c), 1);
  f.resize(std::max<std::size_t>(f.size(), 100));
  return f;
}

std::vector<Case> cases() {
  const Frame http = make_frame(false, 6, 40000, 80, "GET / HTTP/1.1");
  const Frame https = make_frame(false, 6, 40000, 443, "abc");
  const Frame dns = make_frame(false, 17, 40000, 53);
  const Frame http6 = make_frame(true, 6, 40000, 80, "GET /");
  std::string hosts;
  std::string apart;
  std::string many;
  std::string pairs;
  for (int n = 1; n <= 10'000; ++n) {
    const std::string address = std::to_string(n * 37 % 256) + "." + std::to_string(n * 91 / 7 % 256) + ".3";
    many += (n == 1 ? "host 10." : " or host 10.") + address;
    if (n <= 300)
      pairs += (n == 1 ? "(src host 10." : " or (src host 10.") + address + " and udp port " + std::to_string(n) + ")";
  }
  for (int n = 1; n <= 100; ++n) {
    const std::string separator = n == 1 ? "host 10." : " or host 10.";
    hosts += separator + "1.2." + std::to_string(n);
    apart += separator + std::to_string(n * 37 % 256) + "." + std::to_string(n * 91 % 256) + ".1";
  }
  return {{"ip", "ip", http},
          {"tcp port 80: match", "tcp port 80", http},
          {"tcp port 80: tcp 443", "tcp port 80", https},
          {"tcp port 80: udp", "tcp port 80", dns},
          {"tcp port 80: IPv6 match", "tcp port 80", http6},
          {"host and net and port", "host 10.0.0.1 and (net 10.0.0.0/8 or net 192.168.0.0/16) and port 80", http},
          {"payload GET", "tcp[((tcp[12]&0xf0)>>2):4] = 0x47455420", http},
          {"SYN only: no match", "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", http},
          {"100 hosts in a row: none", hosts, http},
          {"100 hosts apart: none", apart, http},
          {"300 pairs: none", pairs, dns},
          {"10000 hosts: none", many, http},
          {"vlan and tcp port 80", "vlan and tcp port 80", http},
          {"greater 64", "greater 64", http},
          {"not port 22", "not port 22", http},
          {"ip6 protochain 6", "ip6 protochain 6", http6}};
}

struct Column {
  const char* title;
  TranslateOptions options;
  bool fragments;
  std::uint32_t linear;
};

void measure() {
  const Column columns[] = {
      {"XDP", {.hook = FilterHook::kXdp, .inlined = true}, true, 0},
      {"XDP call", {.hook = FilterHook::kXdp}, true, 0},
      {"XDP slow", {.hook = FilterHook::kXdp, .inlined = true}, true, 14},
      {"tc", {.hook = FilterHook::kTcIngress, .inlined = true}, false, 0},
      {"tc call", {.hook = FilterHook::kTcIngress}, false, 0},
      {"tc no view", {.hook = FilterHook::kTcIngress, .vlan_view = false, .inlined = true}, false, 0},
  };
  std::uint32_t verdict = 0;
  const Frame any = make_frame(false, 6, 1, 2);
  const double idle[] = {run(FilterHook::kXdp, false, nothing(), any, 0, verdict),
                         run(FilterHook::kTcIngress, false, nothing(), any, 0, verdict)};
  std::printf("ns per packet; a program that only returns: XDP %.0f, tc %.0f (subtracted)\n", idle[0], idle[1]);
  std::printf("a call that only returns: %.2f\n",
              (run(FilterHook::kXdp, false, called_often(nothing()), any, 0, verdict) - idle[0]) / kCalls);
  std::printf("%-25s %7s %7s", "filter", "classic", "eBPF");
  for (const Column& column : columns) std::printf(" %9s", column.title);
  std::printf(" %9s\n", "socket");
  for (const Case& test : cases()) {
    auto program = compile({.expression = test.expression});
    if (!program) give_up(program.error().text());
    auto matcher = FilterMatcher::create(*program);
    const std::uint32_t expected =
        matcher->verdict(std::as_bytes(std::span(test.frame)), static_cast<std::uint32_t>(test.frame.size()));
    std::vector<double> costs;
    FilterTables tables;
    std::size_t size = 0;
    for (const Column& column : columns) {
      auto code = translate(*program, column.options);
      if (!code) give_up(code.error().text());
      if (!code->table.empty()) {
        auto fd = tables.fd(code->table);
        if (!fd) give_up(fd.error().text());
        set_table(code->insns, *fd);
      }
      size = code->insns.size();
      const double total = run(column.options.hook, column.fragments,
                               column.options.inlined ? inlined_often(code->insns) : called_often(code->insns),
                               test.frame, column.linear, verdict);
      if (verdict != expected) give_up("wrong verdict of '" + test.expression + "'");
      costs.push_back((total - idle[column.options.hook == FilterHook::kXdp ? 0 : 1]) / kCalls);
    }
    std::printf("%-25s %7zu %7zu", test.name.c_str(), program->insns.size(), size);
    for (const double cost : costs) std::printf(" %9.2f", cost);
    const auto classic = classic_cost(*program, test.frame);
    if (classic) {
      std::printf(" %9.2f\n", *classic);
    } else {
      std::printf(" %9s\n", "refused");
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace ringtap

int main() {
  ringtap::measure();
}
