// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The translator against libpcap's own interpreter: the corpus, generated expressions and generated classic programs,
// each at every hook and view, over generated frames. RINGTAP_FILTER_PAIRS sets how many (program, frame, variant) runs
// are compared; the default keeps the test at a few seconds, a soak uses 10000000.
#include "filter/translate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/run_tables.hpp"
#include "filter/splice.hpp"
#include "support/capture_file.hpp"
#include "support/corpora.hpp"
#include "support/ebpf_interpreter.hpp"
#include "support/filter_comparison.hpp"
#include "support/filter_corpus.hpp"
#include "support/filter_inputs.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

using testing::as_bytes;
using testing::compare;
using testing::compare_all;
using testing::context_of;
using testing::EbpfContext;
using testing::EbpfFrame;
using testing::EbpfRun;
using testing::FilterInputs;
using testing::Mutation;
using testing::RawFrame;
using testing::report;
using testing::Tally;
using testing::Variant;
using testing::variants;
using testing::wanted_pairs;

struct NamedProgram {
  std::string name;
  ClassicProgram program;
};

std::vector<NamedProgram> corpus_programs() {
  std::vector<NamedProgram> programs;
  for (const auto& filter : testing::read_filter_corpus()) {
    for (const bool optimise : {true, false}) {
      auto program = compile({.expression = filter.expression, .link_type = filter.link_type, .optimise = optimise});
      EXPECT_TRUE(program) << filter.expression << ": " << program.error().text();
      if (program) programs.push_back({filter.expression + (optimise ? "" : " [-O]"), program.take()});
    }
  }
  return programs;
}

// Edges that generators seldom meet.
std::vector<NamedProgram> edge_programs() {
  const auto accept = ClassicInsn{.code = BPF_RET | BPF_K, .k = 1};
  const auto return_a = ClassicInsn{.code = BPF_RET | BPF_A};
  const auto ldx = [](std::uint32_t k) { return ClassicInsn{.code = BPF_LDX | BPF_IMM, .k = k}; };
  const auto ld = [](std::uint32_t k) { return ClassicInsn{.code = BPF_LD | BPF_IMM, .k = k}; };
  const auto code = [](unsigned bits, std::uint32_t k = 0) {
    return ClassicInsn{.code = static_cast<std::uint16_t>(bits), .k = k};
  };
  const std::vector<std::pair<const char*, std::vector<ClassicInsn>>> programs = {
      {"X + k wraps to 16", {ldx(0xfffffff0), code(BPF_LD | BPF_IND | BPF_B, 0x20), accept}},
      {"X + k wraps to 16, halfway", {ldx(0x80000010), code(BPF_LD | BPF_IND | BPF_W, 0x7ffffff0), accept}},
      {"X is huge", {ldx(0xffffffff), code(BPF_LD | BPF_IND | BPF_B, 0), accept}},
      {"first byte by X", {ldx(0), code(BPF_LD | BPF_IND | BPF_B, 0), return_a}},
      {"half of the tag by X", {ldx(1), code(BPF_LD | BPF_IND | BPF_H, 11), return_a}},
      {"word over the tag's end", {code(BPF_LD | BPF_ABS | BPF_W, 14), return_a}},
      {"word over the tag's start", {code(BPF_LD | BPF_ABS | BPF_W, 9), return_a}},
      {"the tag", {code(BPF_LD | BPF_ABS | BPF_W, 12), return_a}},
      {"shift by 32", {ld(1), ldx(32), code(BPF_ALU | BPF_LSH | BPF_X), code(BPF_ALU | BPF_ADD, 5), return_a}},
      {"shift by 2^31", {ld(9), ldx(1U << 31), code(BPF_ALU | BPF_RSH | BPF_X), code(BPF_ALU | BPF_ADD, 5), return_a}},
      {"division by zero", {ld(9), ldx(0), code(BPF_ALU | BPF_DIV | BPF_X), accept}},
      {"modulo zero", {ld(9), ldx(0), code(BPF_ALU | BPF_MOD | BPF_X), accept}},
      {"memory never written", {code(BPF_LD | BPF_MEM, 15), code(BPF_ALU | BPF_ADD, 3), return_a}},
      {"A and X never written", {code(BPF_ALU | BPF_ADD | BPF_X), code(BPF_ALU | BPF_ADD, 3), return_a}},
      {"header length keeps A",
       {ld(7), code(BPF_LDX | BPF_MSH | BPF_B, 40), code(BPF_ALU | BPF_ADD | BPF_X), return_a}},
      {"length in X", {code(BPF_LDX | BPF_LEN), code(BPF_MISC | BPF_TXA), return_a}},
      {"last byte",
       {code(BPF_LDX | BPF_LEN), code(BPF_MISC | BPF_TXA), code(BPF_ALU | BPF_SUB, 1), code(BPF_MISC | BPF_TAX),
        code(BPF_LD | BPF_IND | BPF_B, 0), return_a}},
      {"far away", {code(BPF_LD | BPF_ABS | BPF_B, 0x7fffffff), accept}},
      {"returns 2^31", {ld(1U << 31), return_a}},
  };
  std::vector<NamedProgram> named;
  for (const auto& [name, insns] : programs) named.push_back({name, {.insns = insns}});
  return named;
}

TEST(FilterTranslate, AgreesWithLibpcapOnTheCorpus) {
  const auto programs = corpus_programs();
  ASSERT_GE(programs.size(), 600U);
  FilterInputs random(1);
  Tally tally;
  const auto frames = static_cast<int>(1 + wanted_pairs() / 2 / programs.size() / variants().size());
  for (const auto& [name, program] : programs) compare_all(program, name, frames, random, tally);
  report(tally, programs.size());
  EXPECT_GT(tally.accepted, tally.pairs / 50);
  EXPECT_GT(tally.slow, tally.pairs / 50);
}

// Real frames, of whatever link type the captures have, whole and cut.
TEST(FilterTranslate, AgreesWithLibpcapOnCaptures) {
  const auto files = testing::corpus_files("tcpdump-4.99.3");
  REQUIRE_CORPUS(files);
  std::map<LinkType, std::vector<RawFrame>> frames;
  for (const auto& path : files) {
    const auto capture = testing::read_capture(path);
    auto& of_type = frames[static_cast<LinkType>(capture.link_type == 12 ? 101 : capture.link_type)];
    for (const auto& captured : capture.frames) {
      RawFrame frame(captured.data.size());
      std::transform(captured.data.begin(), captured.data.end(), frame.begin(),
                     [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
      of_type.push_back(std::move(frame));
    }
  }
  FilterInputs random(8);
  Tally tally;
  const auto programs = corpus_programs();
  for (const auto& [name, program] : programs) {
    const auto& candidates = frames[program.link_type];
    if (candidates.empty()) continue;
    auto matcher = FilterMatcher::create(program);
    ASSERT_TRUE(matcher);
    for (const Variant& variant : variants()) {
      TranslateOptions options = variant.options;
      options.vlan_view = options.vlan_view && program.link_type == LinkType::kEthernet;
      options.inlined = false;
      auto code = translate(program, options);
      ASSERT_TRUE(code) << code.error().text();
      Variant used = variant;
      used.tag = variant.tag && options.vlan_view;
      for (int n = 0; n < 100; ++n) {
        RawFrame frame = candidates[random.below(candidates.size())];
        if (random.one_in(4)) frame.resize(random.below(frame.size() + 1));
        compare(used, *code, program, *matcher, frame, random, name, tally);
      }
    }
  }
  report(tally, programs.size());
  EXPECT_GT(tally.accepted, tally.pairs / 100);
}

// Ancillary loads have no oracle in user space: what each gives at each hook is said here.
TEST(FilterTranslate, AncillaryLoadsGiveWhatTheHookKnows) {
  struct Expectation {
    std::uint32_t field;
    std::optional<std::uint32_t> xdp;
    std::optional<std::uint32_t> ingress;
    std::optional<std::uint32_t> egress;
    std::optional<std::uint32_t> memory;
  };
  const EbpfFrame frame{.ifindex = 9, .packet_type = 3, .mark = 77, .cpu = 5, .outgoing = true};
  for (const Expectation& expected :
       std::vector<Expectation>{{SKF_AD_PKTTYPE, 0, 3, 4, 4},
                                {SKF_AD_IFINDEX, 9, 9, 9, 9},
                                {SKF_AD_HATYPE, 1, 1, 1, 1},
                                {SKF_AD_MARK, {}, 77, 77, {}},
                                {SKF_AD_CPU, 5, 5, 5, 5},
                                {SKF_AD_RANDOM, 0x12345678, 0x12345678, 0x12345678, 0x12345678},
                                {SKF_AD_VLAN_TAG, {}, {}, {}, {}},
                                {SKF_AD_NLATTR, {}, {}, {}, {}},
                                {SKF_AD_PAY_OFFSET, {}, {}, {}, {}}}) {
    const ClassicProgram program{
        .insns = {{.code = BPF_LD | BPF_W | BPF_ABS, .k = 0xfffff000 + expected.field}, {.code = BPF_RET | BPF_A}}};
    const std::array<std::pair<FilterHook, std::optional<std::uint32_t>>, 5> hooks = {
        {{FilterHook::kXdp, expected.xdp},
         {FilterHook::kTcIngress, expected.ingress},
         {FilterHook::kTcEgress, expected.egress},
         {FilterHook::kPacket, expected.ingress},
         {FilterHook::kMemory, expected.memory}}};
    for (const auto& [hook, value] : hooks) {
      auto code = translate(program, {.hook = hook});
      ASSERT_EQ(static_cast<bool>(code), value.has_value()) << expected.field;
      if (!code) continue;
      EbpfFrame memory = frame;
      memory.context = context_of(hook);
      const EbpfRun run = testing::run_ebpf(code->insns, memory);
      EXPECT_EQ(run.fault, "") << expected.field;
      EXPECT_EQ(run.verdict, *value) << expected.field;
    }
  }
}

TEST(FilterTranslate, AgreesWithLibpcapAtTheEdges) {
  FilterInputs random(5);
  Tally tally;
  const auto programs = edge_programs();
  for (const auto& [name, program] : programs) compare_all(program, name, 200, random, tally);
  report(tally, programs.size());
}

TEST(FilterTranslate, SearchesAListOfHostsInsteadOfWalkingIt) {
  std::string hosts;
  for (int n = 0; n < 500; ++n)
    hosts += (n == 0 ? "host 10." : " or host 10.") + std::to_string(n % 250) + ".2." + std::to_string(n * 7 % 251);
  auto program = compile({.expression = hosts});
  ASSERT_TRUE(program);
  FilterInputs random(6);
  Tally tally;
  compare_all(*program, "500 hosts", 2000, random, tally);
  EXPECT_EQ(tally.differences, 0U) << tally.first_difference;
  auto code = translate(*program, {});
  ASSERT_TRUE(code);
  const RawFrame frame = [&] {
    RawFrame f(60);
    f[12] = 8;
    return f;
  }();
  EbpfFrame memory{.bytes = frame, .linear = 60, .table = code->table};
  const EbpfRun run = testing::run_ebpf(code->insns, memory);
  EXPECT_EQ(run.fault, "");
  EXPECT_LT(run.steps, 100U);
}

TEST(FilterTranslate, AgreesWithLibpcapOnGeneratedExpressions) {
  FilterInputs random(2);
  Tally tally;
  std::size_t programs = 0;
  while (tally.pairs < wanted_pairs() / 4) {
    const std::string expression = random.expression();
    // Some are refused: "expression rejects all packets", a field of a protocol that cannot be here …
    auto program = compile({.expression = expression, .optimise = random.one_in(2), .any_vlan = random.one_in(4)});
    if (!program) continue;
    ++programs;
    compare_all(*program, expression, 20, random, tally);
    if (HasFatalFailure()) return;
  }
  report(tally, programs);
}

TEST(FilterTranslate, AgreesWithLibpcapOnArbitraryPrograms) {
  FilterInputs random(3);
  Tally tally;
  std::size_t programs = 0;
  while (tally.pairs < wanted_pairs() / 4) {
    const ClassicProgram program = random.program();
    compare_all(program, "generated program " + std::to_string(programs++), 10, random, tally);
    if (HasFatalFailure()) return;
  }
  report(tally, programs);
}

TEST(FilterTranslate, AnInlinedBodyLeavesTheProgramAroundItAsItWas) {
  auto program = compile({.expression = "tcp port 80"});
  ASSERT_TRUE(program);
  auto body = translate(*program, {.hook = FilterHook::kXdp, .inlined = true, .stack_base = 8});
  ASSERT_TRUE(body);
  const auto insn = [](int code, int to, int from, int offset, int constant) {
    bpf_insn out{};
    out.code = static_cast<std::uint8_t>(code);
    out.dst_reg = to & 0xf;
    out.src_reg = from & 0xf;
    out.off = static_cast<std::int16_t>(offset);
    out.imm = constant;
    return out;
  };
  // Keeps 7 in its own frame and returns it where the filter matches, 99 where it does not.
  const std::vector<bpf_insn> host = {
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_6, 0, 0, 7),
      insn(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_6, -8, 0),
      insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_6, 0, 1, 6),   // never: over the call
      insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 100),  // the place
      insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),   // not wanted: 99
      insn(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_10, -8, 0),
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 99),
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  const auto joined = replace_insns(host, {3, 4}, body->insns);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->size(), host.size() - 1 + body->insns.size());
  EXPECT_EQ((*joined)[2].off, static_cast<int>(body->insns.size()));
  auto matcher = FilterMatcher::create(*program);
  FilterInputs random(7);
  int wanted = 0;
  for (int n = 0; n < 2000; ++n) {
    const RawFrame frame = random.frame();
    const auto size = static_cast<std::uint32_t>(frame.size());
    const EbpfRun run = testing::run_ebpf(*joined, {.bytes = frame, .linear = random.below(size + 1)});
    const bool match = matcher->verdict(as_bytes(frame), size) != 0;
    EXPECT_EQ(run.fault, "");
    EXPECT_EQ(run.verdict, match ? 7U : 99U);
    wanted += match ? 1 : 0;
  }
  EXPECT_GT(wanted, 10);
  EXPECT_FALSE(replace_insns(host, {3, 4}, std::vector<bpf_insn>(40'000, host[0])));
}

// --- are the tests above able to fail? Each mutation is a mistake a translator could make. ---

bool is_bounds_check(const std::vector<bpf_insn>& code, std::size_t n) {
  return n + 1 < code.size() && code[n].code == (BPF_ALU64 | BPF_ADD | BPF_K) && code[n].dst_reg == BPF_REG_5 &&
         code[n + 1].code == (BPF_JMP | BPF_JGT | BPF_X) && code[n + 1].dst_reg == BPF_REG_5;
}

struct NamedMutation {
  const char* name;
  std::function<bool(std::vector<bpf_insn>&, std::size_t)> at;  // true: changed here
};

std::vector<NamedMutation> mutations() {
  const auto never = [](bpf_insn& insn) { insn = bpf_insn{.code = BPF_JMP | BPF_JA}; };
  return {
      {"guard one byte short",
       [](auto& code, std::size_t n) {
         if (!is_bounds_check(code, n)) return false;
         --code[n].imm;
         return true;
       }},
      {"no division guard",
       [=](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP32 | BPF_JEQ | BPF_K) || code[n].dst_reg != BPF_REG_4) return false;
         never(code[n]);
         return true;
       }},
      {"no shift clamp",
       [=](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP32 | BPF_JGT | BPF_K) || code[n].dst_reg != BPF_REG_4) return false;
         never(code[n]);
         return true;
       }},
      {"offset of a helper load unbounded",
       [=](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP | BPF_JGT | BPF_K) || code[n].dst_reg != BPF_REG_2) return false;
         never(code[n]);
         return true;
       }},
      {"no look at the end of a frame in memory",
       [=](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP | BPF_JGT | BPF_X) || code[n].dst_reg != BPF_REG_3) return false;
         never(code[n]);
         return true;
       }},
      {"tag of two bytes",
       [](auto& code, std::size_t n) {
         if (code[n].code != (BPF_ALU64 | BPF_ADD | BPF_K) || code[n].imm != -4) return false;
         code[n].imm = -2;
         return true;
       }},
      {"frames of just the needed length refused",
       [](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP | BPF_JLT | BPF_K) || code[n].dst_reg == BPF_REG_2) return false;
         ++code[n].imm;
         return true;
       }},
      {"no tag in the length",
       [](auto& code, std::size_t n) {
         if (code[n].code != (BPF_ALU | BPF_ADD | BPF_K) || code[n].imm != 4) return false;
         code[n].imm = 0;
         return true;
       }},
      {"test turned round",
       [](auto& code, std::size_t n) {
         if (code[n].code != (BPF_JMP32 | BPF_JGT | BPF_K) || code[n].dst_reg != BPF_REG_0) return false;
         code[n].code = BPF_JMP32 | BPF_JLT | BPF_K;
         return true;
       }},
      {"slow path without A",
       [](auto& code, std::size_t n) {
         if (code[n].code != (BPF_LDX | BPF_MEM | BPF_W) || code[n].src_reg != BPF_REG_10 || code[n].dst_reg != 0)
           return false;
         code[n] = bpf_insn{.code = BPF_ALU | BPF_MOV | BPF_K, .imm = 7};
         return true;
       }},
  };
}

TEST(FilterTranslate, MistakesOfATranslatorAreNoticed) {
  for (const auto& mutation : mutations()) {
    FilterInputs random(4);
    Tally tally;
    std::uint64_t changed = 0;
    const Mutation mutate = [&](std::vector<bpf_insn> code) -> std::optional<std::vector<bpf_insn>> {
      bool any = false;
      for (std::size_t n = 0; n < code.size(); ++n) any = mutation.at(code, n) || any;
      if (!any) return std::nullopt;
      ++changed;
      return code;
    };
    for (int n = 0; n < 300; ++n) compare_all(random.program(), "generated program", 10, random, tally, mutate);
    for (const auto& [name, program] : edge_programs()) compare_all(program, name, 10, random, tally, mutate);
    for (int n = 0; n < 60; ++n) {
      auto program = compile({.expression = random.expression()});
      if (program) compare_all(*program, "generated expression", 10, random, tally, mutate);
    }
    EXPECT_GT(changed, 0U) << mutation.name << " changed nothing";
    EXPECT_GT(tally.differences, 0U) << mutation.name << " went unnoticed in " << tally.pairs << " runs";
  }
}

}  // namespace
}  // namespace ringtap
