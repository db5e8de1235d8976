// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The part of a kernel's types that programs name, judged by libbpf: it reads the result, and finds each member where
// it is in the whole.
#include "loader/program_types.hpp"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "support/requirements.hpp"

namespace ringtap {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};
using Btf = std::unique_ptr<btf, Free>;

std::vector<std::uint32_t> words_of(const Btf& types) {
  std::uint32_t size = 0;
  const void* const bytes = btf__raw_data(types.get(), &size);
  std::vector<std::uint32_t> words((size + 3) / 4);
  std::memcpy(words.data(), bytes, size);
  return words;
}

Btf part_of(const Btf& programs, const KernelTypes& kernel) {
  const auto words = types_for(programs.get(), kernel);
  Btf part(btf__new(words.data(), static_cast<std::uint32_t>(words.size() * sizeof(words[0]))));
  EXPECT_NE(part, nullptr) << "libbpf does not read it";
  return part;
}

const btf_type* structure(const Btf& types, const char* name) {
  const int number = btf__find_by_name_kind(types.get(), name, BTF_KIND_STRUCT);
  return number > 0 ? btf__type_by_id(types.get(), static_cast<std::uint32_t>(number)) : nullptr;
}

// "name offset/bits" of each member; members of nameless ones within it follow in brackets.
std::string members(const Btf& types, const btf_type* type) {
  std::string text;
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const btf_member& member = btf_members(type)[i];
    text += std::string(btf__name_by_offset(types.get(), member.name_off)) + ' ' +
            std::to_string(btf_member_bit_offset(type, i)) + '/' + std::to_string(btf_member_bitfield_size(type, i));
    const btf_type* const inner = btf__type_by_id(types.get(), member.type);
    text += member.name_off == 0 && btf_is_composite(inner) ? "[" + members(types, inner) + "] " : " ";
  }
  return text;
}

TEST(ProgramTypes, AreTheStructsThatProgramsNameWithTheMembersTheyCanReach) {
  const Btf kernel(btf__new_empty());
  btf* const to = kernel.get();
  const int number = btf__add_int(to, "unsigned int", 4, 0);
  const int word = btf__add_typedef(to, "u32", btf__add_const(to, number));
  const int other = btf__add_struct(to, "other", 8);
  btf__add_field(to, "far", number, 0, 0);
  const int inner = btf__add_struct(to, "inner", 4);
  btf__add_field(to, "near", number, 0, 0);
  const int nameless = btf__add_union(to, nullptr, 4);
  btf__add_field(to, "one", number, 0, 0);
  btf__add_field(to, "bits", number, 0, 3);
  const int list = btf__add_array(to, number, word, 4);
  const int pointer = btf__add_ptr(to, other);
  btf__add_struct(to, "sk_buff", 64);
  btf__add_field(to, "len", word, 0, 0);
  btf__add_field(to, "of_another", other, 32, 0);
  btf__add_field(to, "of_ours", inner, 96, 0);
  btf__add_field(to, "", nameless, 128, 0);
  btf__add_field(to, "list", list, 160, 0);
  btf__add_field(to, "next", pointer, 320, 0);
  btf__add_struct(to, "unused", 4);

  const Btf programs(btf__new_empty());
  btf__add_struct(programs.get(), "sk_buff___before", 4);
  btf__add_struct(programs.get(), "inner", 4);
  auto types = KernelTypes::of(words_of(kernel));
  ASSERT_TRUE(types) << types.error().text();
  const Btf part = part_of(programs, *types);
  ASSERT_NE(part, nullptr);
  const btf_type* const skb = structure(part, "sk_buff");
  ASSERT_NE(skb, nullptr);
  EXPECT_EQ(skb->size, 64U);
  EXPECT_EQ(members(part, skb), "len 0/0 of_ours 96/0  128/0[one 0/0 bits 0/3 ] list 160/0 next 320/0 ");
  EXPECT_EQ(structure(part, "other"), nullptr);
  EXPECT_EQ(structure(part, "unused"), nullptr);
}

TEST(ProgramTypes, OfThisKernelHaveEachMemberWhereItIs) {
  const Btf whole(btf__load_vmlinux_btf());
  RINGTAP_REQUIRE(whole != nullptr, "the kernel's types");
  auto types = KernelTypes::read();
  ASSERT_TRUE(types) << types.error().text();
  const Btf programs(btf__new_empty());
  const std::vector<const char*> names = {"sk_buff", "net_device", "sock", "sock_common", "xdp_buff", "nf_hook_state"};
  for (const char* name : names) btf__add_struct(programs.get(), name, 4);
  const Btf part = part_of(programs, *types);
  ASSERT_NE(part, nullptr);
  EXPECT_LT(btf__type_cnt(part.get()), 1000U);
  for (const char* name : names) {
    const btf_type* const ours = structure(part, name);
    const btf_type* const theirs = structure(whole, name);
    ASSERT_TRUE(ours != nullptr && theirs != nullptr) << name;
    EXPECT_EQ(ours->size, theirs->size);
    EXPECT_GT(btf_vlen(ours), 0U);
    const std::string all = " " + members(whole, theirs);
    for (std::uint32_t i = 0; i < btf_vlen(ours); ++i) {
      const btf_member& member = btf_members(ours)[i];
      if (member.name_off == 0) continue;
      const std::string place = " " + std::string(btf__name_by_offset(part.get(), member.name_off)) + ' ' +
                                std::to_string(btf_member_bit_offset(ours, i)) + '/' +
                                std::to_string(btf_member_bitfield_size(ours, i));
      EXPECT_NE(all.find(place), std::string::npos) << name << place;
    }
  }
}

}  // namespace
}  // namespace ringtap
