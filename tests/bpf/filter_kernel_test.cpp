// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Translated filters in the kernel, each as a whole program by BPF_PROG_TEST_RUN, against libpcap's interpreter: the
// verifier takes every filter of the corpus, and the JIT's code agrees at XDP (linear and in fragments), at tc (plain
// and with the tag in metadata) and on a frame in memory, whole and cut. RINGTAP_FILTER_KERNEL_FRAMES sets the frames
// per program and variant.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/lower.hpp"
#include "filter/lower_both.hpp"
#include "filter/run_tables.hpp"
#include "filter/translate.hpp"
#include "loader/filter_tables.hpp"
#include "ringtap/abi.h"
#include "ringtap/unique_fd.hpp"
#include "support/filter_corpus.hpp"
#include "support/filter_inputs.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

using testing::FilterInputs;
using testing::RawFrame;
using Code = std::vector<bpf_insn>;

enum class Metadata { kNone, kTag };

struct Variant {
  const char* name;
  TranslateOptions options;
  bool fragments;
  Metadata metadata;
};

constexpr std::array<Variant, 9> kVariants = {{
    {"XDP linear", {.hook = FilterHook::kXdp, .xdp_load_bytes = false}, false, Metadata::kNone},
    {"XDP", {.hook = FilterHook::kXdp}, true, Metadata::kNone},
    {"XDP inlined", {.hook = FilterHook::kXdp, .inlined = true, .stack_base = 64}, true, Metadata::kNone},
    {"tc ingress", {.hook = FilterHook::kTcIngress}, false, Metadata::kTag},
    {"tc egress", {.hook = FilterHook::kTcEgress}, false, Metadata::kTag},
    {"tc without view", {.hook = FilterHook::kTcIngress, .vlan_view = false}, false, Metadata::kNone},
    {"packet", {.hook = FilterHook::kPacket}, false, Metadata::kTag},
    {"memory", {.hook = FilterHook::kMemory}, false, Metadata::kNone},
    {"memory inlined", {.hook = FilterHook::kMemory, .inlined = true, .stack_base = 64}, false, Metadata::kNone},
}};

bpf_insn insn(int code, int to, int from, int offset, int constant) {
  bpf_insn out{};
  out.code = static_cast<__u8>(code);
  out.dst_reg = to & 0xf;
  out.src_reg = from & 0xf;
  out.off = static_cast<__s16>(offset);
  out.imm = constant;
  return out;
}

// Before the filter: with skb->mark set, push a tag into metadata (protocol in cb[0], control = mark - 1).
Code behind_tag_push(const Code& filter) {
  Code code = {
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0),
      insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_1, offsetof(__sk_buff, mark), 0),
      insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_3, 0, 3, 0),
      insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, -1),
      insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(__sk_buff, cb), 0),
      insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push),
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0),
      insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  code.insert(code.end(), filter.begin(), filter.end());
  return code;
}

// The frame of FilterHook::kMemory: what a tap would have put into its stage stands in a map.
class FrameMemory {
 public:
  struct Content {
    ringtap_memory_frame frame;  // its address is the program's to fill in
    std::uint8_t bytes[4096];
  };
  FrameMemory() {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    map_.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY, "frame", 4, sizeof(Content), 1, &options));
    memory_ = mmap(nullptr, sizeof(Content), PROT_READ | PROT_WRITE, MAP_SHARED, map_.get(), 0);
  }
  FrameMemory(const FrameMemory&) = delete;
  FrameMemory& operator=(const FrameMemory&) = delete;
  ~FrameMemory() {
    if (memory_ != MAP_FAILED) munmap(memory_, sizeof(Content));
  }
  [[nodiscard]] bool good() const { return memory_ != MAP_FAILED; }
  [[nodiscard]] int fd() const { return map_.get(); }
  [[nodiscard]] Content& content() const { return *static_cast<Content*>(memory_); }

 private:
  UniqueFd map_;
  void* memory_ = MAP_FAILED;
};

// Before the filter: a ringtap_memory_frame on the stack, made as the taps make it.
Code behind_memory_frame(const Code& filter, int map_fd, bool inlined) {
  constexpr int kFrame = -static_cast<int>(sizeof(ringtap_memory_frame));
  constexpr int kRest = offsetof(ringtap_memory_frame, length);
  Code code = {
      insn(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_2, BPF_PSEUDO_MAP_VALUE, 0, map_fd),
      insn(0, 0, 0, 0, 0),
  };
  for (int at = kRest; at < static_cast<int>(sizeof(ringtap_memory_frame)); at += 8) {
    code.push_back(insn(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_3, BPF_REG_2, at, 0));
    code.push_back(insn(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_3, kFrame + at, 0));
  }
  code.push_back(insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, offsetof(FrameMemory::Content, bytes)));
  code.push_back(insn(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_2, kFrame, 0));
  code.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0));
  code.push_back(insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, kFrame));
  if (!inlined) {
    code.push_back(insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1));
    code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  code.insert(code.end(), filter.begin(), filter.end());
  return code;
}
static_assert((sizeof(ringtap_memory_frame) - offsetof(ringtap_memory_frame, length)) % 8 == 0 &&
              sizeof(ringtap_memory_frame) <= 64);

Code with_table(FilterCode filter, FilterTables& tables) {
  if (filter.table.empty()) return std::move(filter.insns);
  auto fd = tables.fd(filter.table);
  EXPECT_TRUE(fd) << fd.error().text();
  set_table(filter.insns, fd ? *fd : -1);
  return std::move(filter.insns);
}

// The translated filter as a program that can be loaded and run by itself.
Code whole_program(const Variant& variant, Code code, const FrameMemory& memory) {
  const bool inlined = variant.options.inlined;
  if (inlined) code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  if (variant.metadata == Metadata::kTag) return behind_tag_push(code);
  if (variant.options.hook == FilterHook::kMemory) return behind_memory_frame(code, memory.fd(), inlined);
  return code;
}

// The type of program that a test run gives the frame with its link-layer header.
bpf_prog_type type_of(const Variant& variant) {
  if (variant.options.hook == FilterHook::kXdp) return BPF_PROG_TYPE_XDP;
  return variant.options.hook == FilterHook::kMemory ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_SCHED_CLS;
}

UniqueFd load(const Variant& variant, bpf_prog_type type, const Code& code, std::string& log) {
  const bool xdp = type == BPF_PROG_TYPE_XDP;
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  if (xdp && variant.fragments) options.prog_flags = BPF_F_XDP_HAS_FRAGS;
  UniqueFd fd(bpf_prog_load(type, "filter_test", "GPL", code.data(), code.size(), &options));
  if (fd) return fd;
  std::vector<char> text(1 << 20);
  options.log_buf = text.data();
  options.log_size = static_cast<__u32>(text.size());
  options.log_level = 1;
  fd.reset(bpf_prog_load(type, "filter_test", "GPL", code.data(), code.size(), &options));
  log = text.data();
  if (log.size() > 1200) log.erase(0, log.size() - 1200);
  return fd;
}

struct Tally {
  std::size_t programs = 0;
  std::size_t loads = 0;
  std::size_t largest = 0;
  std::uint64_t runs = 0;
  std::uint64_t accepted = 0;
  std::uint64_t in_fragments = 0;
  std::uint64_t tagged = 0;
  std::uint64_t not_run = 0;  // the kernel makes no skb of some short frames
};

int frames_per_program() {
  const char* value = std::getenv("RINGTAP_FILTER_KERNEL_FRAMES");
  return value == nullptr ? 20 : std::atoi(value);
}

bool may_recheck(const ClassicProgram& program, std::size_t frame_size) {
  for (const auto& i : program.insns)
    if (i.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(i.k) < 0) return true;
  return !program.runs.empty() && frame_size < kRecheckBytes;
}

// A filter, and one that marks its matches if there is a second one; and what both answer by libpcap's interpreter.
struct Subject {
  std::string name;
  const ClassicProgram* program;
  const ClassicProgram* trigger = nullptr;
  std::optional<FilterMatcher> matcher = {};
  std::optional<FilterMatcher> trigger_matcher = {};

  std::uint32_t verdict(std::span<const std::byte> bytes, std::uint32_t wire_len, const FrameMetadata& metadata) {
    const std::uint32_t verdict = matcher->verdict(bytes, wire_len, metadata);
    if (trigger == nullptr || verdict == 0) return verdict;
    return trigger_matcher->verdict(bytes, wire_len, metadata) != 0 ? kTriggerVerdict : 1;
  }
  [[nodiscard]] bool may_recheck(std::size_t frame_size) const {
    return ringtap::may_recheck(*program, frame_size) ||
           (trigger != nullptr && ringtap::may_recheck(*trigger, frame_size));
  }
};

// A frame in memory, cut or whole: a raw tracepoint program takes no data, so it stands in the map.
void run_in_memory(const Variant& variant, int fd, Subject& subject, const FrameMemory& memory, FilterInputs& random,
                   Tally& tally) {
  const RawFrame frame = random.frame();
  FrameMemory::Content& content = memory.content();
  const auto length = static_cast<std::uint32_t>(random.one_in(2) ? random.below(frame.size() + 1) : frame.size());
  const auto wire_length = static_cast<std::uint32_t>(frame.size());
  content.frame = {.length = length, .wire_length = wire_length, .ifindex = 3, .outgoing = random.below(2)};
  std::memset(content.bytes, 0xff, sizeof content.bytes);
  std::memcpy(content.bytes, frame.data(), length);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  ASSERT_EQ(bpf_prog_test_run_opts(fd, &options), 0) << std::strerror(errno);
  const FrameMetadata metadata{.packet_type = content.frame.outgoing != 0 ? PacketType::kOutgoing : PacketType::kHost,
                               .ifindex = 3};
  const std::uint32_t expected = subject.verdict(std::as_bytes(std::span(frame)).first(length), wire_length, metadata);
  ++tally.runs;
  tally.accepted += expected != 0 ? 1 : 0;
  if (options.retval == kRecheckVerdict && subject.may_recheck(length)) return;
  EXPECT_EQ(options.retval, expected) << subject.name << " (" << variant.name << "), " << length << " of "
                                      << frame.size() << " bytes";
}

void run_one(const Variant& variant, int fd, Subject& subject, FilterInputs& random, Tally& tally) {
  RawFrame frame = random.frame(variant.fragments && random.one_in(20) ? 9000 : 120);
  if (frame.size() < 14) frame.resize(14);
  if (!variant.fragments && frame.size() > 3000) frame.resize(3000);
  RawFrame wire = frame;
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = frame.data();
  options.data_size_in = static_cast<__u32>(frame.size());
  options.repeat = 1;
  __sk_buff skb{};
  xdp_md xdp{};
  if (variant.fragments && random.one_in(2) && frame.size() > 20) {
    xdp.data_end = 14 + random.below(std::min<std::size_t>(frame.size() - 14, 3000));
    options.ctx_in = &xdp;
    options.ctx_size_in = sizeof xdp;
    ++tally.in_fragments;
  }
  if (variant.metadata == Metadata::kTag && random.one_in(2)) {
    const std::uint16_t protocol = random.one_in(2) ? 0x8100 : 0x88a8;
    const auto control = static_cast<std::uint16_t>(random.one_in(2) ? random.below(12) : random.below(65536));
    skb.mark = control + 1U;
    skb.cb[0] = __builtin_bswap16(protocol);
    options.ctx_in = &skb;
    options.ctx_size_in = sizeof skb;
    const std::array<std::uint8_t, 4> tag = {
        static_cast<std::uint8_t>(protocol >> 8), static_cast<std::uint8_t>(protocol),
        static_cast<std::uint8_t>(control >> 8), static_cast<std::uint8_t>(control)};
    wire.insert(wire.begin() + 12, tag.begin(), tag.end());
    ++tally.tagged;
  }
  if (bpf_prog_test_run_opts(fd, &options) != 0) {
    ++tally.not_run;
    return;
  }
  // Test runs are on the loopback device, number 1, and packets are for this host.
  const FrameMetadata metadata{
      .packet_type = variant.options.hook == FilterHook::kTcEgress ? PacketType::kOutgoing : PacketType::kHost,
      .ifindex = 1};
  const std::uint32_t expected =
      subject.verdict(std::as_bytes(std::span(wire)), static_cast<std::uint32_t>(wire.size()), metadata);
  ++tally.runs;
  tally.accepted += expected != 0 ? 1 : 0;
  if (options.retval == kRecheckVerdict && subject.may_recheck(wire.size())) return;
  EXPECT_EQ(options.retval, expected) << subject.name << " (" << variant.name << "), frame of " << frame.size()
                                      << " bytes, data_end " << xdp.data_end << ", mark " << skb.mark;
}

void load_and_run(Subject subject, FilterInputs& random, Tally& tally) {
  ++tally.programs;
  const ClassicProgram& program = *subject.program;
  const std::string& name = subject.name;
  auto matcher = FilterMatcher::create(program);
  ASSERT_TRUE(matcher) << matcher.error().text();
  subject.matcher = matcher.take();
  const FrameMemory memory;
  ASSERT_TRUE(memory.good());
  FilterTables tables;
  auto prepared = prepare(program);
  ASSERT_TRUE(prepared) << name << ": " << prepared.error().text();
  std::optional<FlowGraph> trigger;
  if (subject.trigger != nullptr) {
    auto second = FilterMatcher::create(*subject.trigger);
    ASSERT_TRUE(second) << second.error().text();
    subject.trigger_matcher = second.take();
    auto made = prepare(*subject.trigger);
    ASSERT_TRUE(made) << made.error().text();
    trigger = made.take();
  }
  for (const Variant& variant : kVariants) {
    TranslateOptions options = variant.options;
    const bool ethernet = program.link_type == LinkType::kEthernet;
    options.vlan_view = options.vlan_view && ethernet;
    options.long_jumps = true;
    auto translated = trigger ? lower_both(*prepared, *trigger, options) : lower(*prepared, options);
    ASSERT_TRUE(translated) << name << ": " << translated.error().text();
    std::string log;
    Code filter = with_table(translated.take(), tables);
    if (options.hook == FilterHook::kPacket) {
      EXPECT_TRUE(load(variant, BPF_PROG_TYPE_SOCKET_FILTER, filter, log)) << name << " refused as a socket filter\n"
                                                                           << log;
    }
    const Code code = whole_program(variant, std::move(filter), memory);
    tally.largest = std::max(tally.largest, code.size());
    const UniqueFd fd = load(variant, type_of(variant), code, log);
    ++tally.loads;
    EXPECT_TRUE(fd) << name << " (" << variant.name << ", " << code.size() << " instructions) refused\n" << log;
    if (!fd || !ethernet) continue;  // a test run's tc frame always has a link-layer header
    for (int n = 0; n < frames_per_program(); ++n) {
      if (options.hook == FilterHook::kMemory) {
        run_in_memory(variant, fd.get(), subject, memory, random, tally);
      } else {
        run_one(variant, fd.get(), subject, random, tally);
      }
    }
  }
}

void report(const Tally& tally) {
  std::printf(
      "%zu programs, %zu loads, largest %zu instructions; %llu runs, %llu accepted, %llu in fragments, "
      "%llu tagged, %llu not run\n",
      tally.programs, tally.loads, tally.largest, static_cast<unsigned long long>(tally.runs),
      static_cast<unsigned long long>(tally.accepted), static_cast<unsigned long long>(tally.in_fragments),
      static_cast<unsigned long long>(tally.tagged), static_cast<unsigned long long>(tally.not_run));
  EXPECT_GT(tally.runs, tally.loads);
}

TEST(FilterInTheKernel, EveryFilterOfTheCorpusLoadsAndAgrees) {
  REQUIRE_CAPABILITY(CAP_BPF);
  FilterInputs random(11);
  Tally tally;
  for (const auto& filter : testing::read_filter_corpus()) {
    for (const bool optimise : {true, false}) {
      auto program = compile({.expression = filter.expression, .link_type = filter.link_type, .optimise = optimise});
      ASSERT_TRUE(program) << filter.expression << ": " << program.error().text();
      load_and_run({filter.expression + (optimise ? "" : " [-O]"), &*program}, random, tally);
    }
  }
  report(tally);
}

template <class Term>
std::string joined(int count, Term term) {
  std::string out;
  for (int n = 0; n < count; ++n) out += (n == 0 ? "" : " or ") + term(n);
  return out;
}

std::string address(int n) {
  return "10." + std::to_string(n * 37 % 256) + "." + std::to_string(n * 91 / 7 % 256) + "." + std::to_string(n % 251);
}

// "processed 1103 insns (limit 1000000) …", which the verifier says at log level 4.
unsigned long processed(const Variant& variant, const Code& code) {
  const bool xdp = variant.options.hook == FilterHook::kXdp;
  std::array<char, 4096> text{};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 4, .log_size = text.size(), .log_buf = text.data());
  if (xdp && variant.fragments) options.prog_flags = BPF_F_XDP_HAS_FRAGS;
  const bpf_prog_type type = xdp                                           ? BPF_PROG_TYPE_XDP
                             : variant.options.hook == FilterHook::kMemory ? BPF_PROG_TYPE_RAW_TRACEPOINT
                                                                           : BPF_PROG_TYPE_SCHED_CLS;
  const UniqueFd fd(bpf_prog_load(type, "filter_test", "GPL", code.data(), code.size(), &options));
  EXPECT_TRUE(fd) << std::strerror(errno);
  const char* const count = std::strstr(text.data(), "processed ");
  EXPECT_NE(count, nullptr) << text.data();
  return count == nullptr ? 0 : std::strtoul(count + std::strlen("processed "), nullptr, 10);
}

// The verifier's work for a list must not grow with it: instructions processed, over all states.
TEST(FilterInTheKernel, LongListsTakeTheVerifierNoLonger) {
  REQUIRE_CAPABILITY(CAP_BPF);
  const FrameMemory memory;
  ASSERT_TRUE(memory.good());
  const auto pair = [](int n) {
    return "(src host " + address(n) + " and udp port " + std::to_string(1 + n * 31 % 65535) + ")";
  };
  struct List {
    const char* name;
    std::string expression;
    unsigned long limit;
  };
  const std::vector<List> lists = {
      {"300 pairs", joined(300, pair), 2'000},
      {"600 pairs", joined(600, pair), 2'000},
      {"10000 hosts", joined(10'000, [](int n) { return "host " + address(n); }), 6'000},
      {"1000 hosts of IPv6", joined(1000, [](int n) { return "host 2001:db8::" + std::to_string(n % 10'000); }), 6'000},
      {"300 hosts with ports",
       joined(300, [](int n) { return "(host " + address(n) + " and port " + std::to_string(n + 1) + ")"; }), 40'000},
  };
  for (const List& list : lists) {
    auto program = compile({.expression = list.expression});
    ASSERT_TRUE(program) << program.error().text();
    auto prepared = prepare(*program);
    ASSERT_TRUE(prepared) << prepared.error().text();
    std::printf("%s: %zu classic", list.name, program->insns.size());
    FilterTables tables;
    for (const Variant& variant : kVariants) {
      TranslateOptions options = variant.options;
      options.long_jumps = true;
      auto translated = lower(*prepared, options);
      ASSERT_TRUE(translated) << translated.error().text();
      const std::size_t size = translated->insns.size();
      const auto count = processed(variant, whole_program(variant, with_table(translated.take(), tables), memory));
      EXPECT_LT(count, list.limit) << list.name << " (" << variant.name << ")";
      std::printf("; %s %zu, %lu processed", variant.name, size, count);
    }
    std::printf("\n");
  }
}

TEST(FilterInTheKernel, GeneratedListsLoadAndAgree) {
  REQUIRE_CAPABILITY(CAP_BPF);
  FilterInputs random(13);
  Tally tally;
  while (tally.programs < 60) {
    const std::string expression = random.list(64 + random.below(40));
    auto program = compile({.expression = expression});
    if (program) load_and_run({expression, &*program}, random, tally);
    if (HasFatalFailure()) return;
  }
  report(tally);
}

TEST(FilterInTheKernel, ArbitraryProgramsLoadAndAgree) {
  REQUIRE_CAPABILITY(CAP_BPF);
  FilterInputs random(12);
  Tally tally;
  for (int n = 0; n < 500; ++n) {
    const ClassicProgram program = random.program();
    load_and_run({"generated program " + std::to_string(n), &program}, random, tally);
  }
  report(tally);
}

TEST(FilterInTheKernel, GeneratedExpressionsLoadAndAgree) {
  REQUIRE_CAPABILITY(CAP_BPF);
  FilterInputs random(13);
  Tally tally;
  while (tally.programs < 100) {
    const std::string expression = random.expression();
    auto program = compile({.expression = expression, .any_vlan = random.one_in(4)});
    if (program) load_and_run({expression, &*program}, random, tally);
  }
  report(tally);
}

// What the second filter of a recorder's capture marks, tables of both included.
TEST(FilterInTheKernel, MarksTheMatchesOfAnotherFilter) {
  REQUIRE_CAPABILITY(CAP_BPF);
  FilterInputs random(14);
  Tally tally;
  const auto any = [&] {
    if (random.one_in(4)) return random.list(64);
    return random.one_in(3) ? std::string() : random.expression();
  };
  while (tally.programs < 16) {
    const std::string expression = any();
    const std::string second = any();
    auto program = compile({.expression = expression});
    auto trigger = compile({.expression = second});
    if (program && trigger)
      load_and_run({"'" + expression + "' with '" + second + "'", &*program, &*trigger}, random, tally);
    if (HasFatalFailure()) return;
  }
  report(tally);
}

}  // namespace
}  // namespace ringtap
