// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Types as libbpf writes them, and this machine's own, compared with what libbpf finds there.
#include "loader/kernel_types.hpp"

#include <bpf/btf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtap {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};
using Btf = std::unique_ptr<btf, Free>;

// Every kind whose size differs, a tracepoint with two arguments, then a function and a struct of the same name.
Btf some_types() {
  Btf types(btf__new_empty());
  btf* const to = types.get();
  const int number = btf__add_int(to, "int", 4, BTF_INT_SIGNED);
  btf__add_array(to, number, number, 3);
  btf__add_struct(to, "bpf_rdonly_cast_args", 8);
  btf__add_field(to, "first", number, 0, 0);
  btf__add_field(to, "second", number, 32, 0);
  btf__add_enum(to, "colour", 4);
  btf__add_enum_value(to, "red", 1);
  btf__add_enum_value(to, "none", -1);
  btf__add_enum64(to, "wide", 8, false);
  btf__add_enum64_value(to, "big", 1ULL << 40);
  btf__add_float(to, "double", 8);
  const int arguments = btf__add_func_proto(to, 0);
  btf__add_func_param(to, "context", number);
  btf__add_func_param(to, "skb", number);
  btf__add_func_param(to, "location", number);
  btf__add_typedef(to, "btf_trace_consume_skb", btf__add_ptr(to, arguments));
  btf__add_typedef(to, "btf_trace_no_handler", number);
  const int variable = btf__add_var(to, "counter", BTF_VAR_STATIC, number);
  btf__add_datasec(to, ".data", 4);
  btf__add_datasec_var_info(to, variable, 0, 4);
  btf__add_decl_tag(to, "tag", variable, -1);
  btf__add_type_tag(to, "user", number);
  btf__add_struct(to, "bpf_rdonly_cast", 4);
  btf__add_func(to, "bpf_rdonly_cast", BTF_FUNC_GLOBAL, arguments);
  return types;
}

std::vector<std::uint32_t> words_of(const btf* types) {
  std::uint32_t size = 0;
  const void* const bytes = btf__raw_data(types, &size);
  std::vector<std::uint32_t> words((size + 3) / 4);
  std::memcpy(words.data(), bytes, size);
  return words;
}

TEST(KernelTypes, FindsAFunctionAmongTypesOfEveryKind) {
  const Btf written = some_types();
  const auto types = KernelTypes::of(words_of(written.get()));
  ASSERT_TRUE(types) << types.error().text();
  EXPECT_EQ(types->function("bpf_rdonly_cast"),
            static_cast<std::uint32_t>(btf__find_by_name_kind(written.get(), "bpf_rdonly_cast", BTF_KIND_FUNC)));
  EXPECT_EQ(types->function("rdonly_cast"), 0U) << "the end of a name is not a name";
  EXPECT_EQ(types->function("bpf_rdonly"), 0U) << "nor is its beginning";
  EXPECT_EQ(types->function("counter"), 0U) << "a variable is not a function";
}

TEST(KernelTypes, CountsTheArgumentsOfATracepoint) {
  const auto types = KernelTypes::of(words_of(some_types().get()));
  ASSERT_TRUE(types) << types.error().text();
  EXPECT_EQ(types->tracepoint_arguments("consume_skb"), 2U);
  EXPECT_EQ(types->tracepoint_arguments("kfree_skb"), 0U);
  EXPECT_EQ(types->tracepoint_arguments("no_handler"), 0U);
}

TEST(KernelTypes, ListsAnEnumeration) {
  const auto types = KernelTypes::of(words_of(some_types().get()));
  ASSERT_TRUE(types) << types.error().text();
  const std::vector<std::pair<std::uint32_t, std::string_view>> colours = {{1, "red"}, {0xffffffff, "none"}};
  EXPECT_EQ(types->enumeration("colour"), colours);
  EXPECT_TRUE(types->enumeration("counter").empty());
}

// Cut anywhere, types must be refused or read within their bounds; the sanitizers' build looks at the latter.
TEST(KernelTypes, RefusesWhatIsCut) {
  const auto words = words_of(some_types().get());
  for (std::size_t size = 0; size < words.size(); ++size) {
    EXPECT_FALSE(KernelTypes::of({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
  }
  auto foreign = words;
  foreign[0] = 0x7f454c46;
  EXPECT_FALSE(KernelTypes::of(foreign));
}

TEST(KernelTypes, AgreesWithLibbpfAboutThisKernel) {
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) GTEST_SKIP() << "needs /sys/kernel/btf/vmlinux";
  const auto types = KernelTypes::read();
  ASSERT_TRUE(types) << types.error().text();
  const Btf theirs(btf__load_vmlinux_btf());
  ASSERT_NE(theirs, nullptr);
  for (const char* name : {"netif_receive_skb", "consume_skb", "nf_hook_slow", "bpf_rdonly_cast", "no_such_function"}) {
    const int number = btf__find_by_name_kind(theirs.get(), name, BTF_KIND_FUNC);
    EXPECT_EQ(types->function(name), static_cast<std::uint32_t>(std::max(0, number))) << name;
  }
  EXPECT_GE(types->tracepoint_arguments("kfree_skb"), 2U);
  EXPECT_EQ(types->enumeration("skb_drop_reason").empty(),
            btf__find_by_name_kind(theirs.get(), "skb_drop_reason", BTF_KIND_ENUM) <= 0);
}

}  // namespace
}  // namespace ringtap
