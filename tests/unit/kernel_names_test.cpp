// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/kernel_names.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string_view>

#include "support/wait.hpp"

namespace ringtap {
namespace {

class KernelNames : public ::testing::Test {
 protected:
  KernelSymbols symbols(std::string_view text) {
    const auto path = folder_ / "kallsyms";
    std::ofstream(path) << text;
    return KernelSymbols::load(path);
  }

  testing::TempDir folder_;
};

// As /proc/kallsyms looks, not in the order of addresses: modules stand last and may be loaded below the kernel.
constexpr std::string_view kSymbols =
    "0000000000000000 D __per_cpu_start\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81000100 T kfree_skb_list_reason\n"
    "ffffffff81000170 t __pfx___udp4_lib_rcv\n"
    "ffffffff81000180 t __udp4_lib_rcv\n"
    "ffffffff81000200 D some_data\n"
    "ffffffff81000240 r some_constant\n"
    "ffffffff81000280 W weak_function\n"
    "ffffffff81000300 T ip_rcv.cold\n"
    "ffffffffc0000000 t nft_do_chain\t[nf_tables]\n"
    "ffffffff80000000 t in_a_module_below\t[below]\n"
    "ffffffffc0000400 d module_data\t[nf_tables]\n";

TEST_F(KernelNames, TellTheFunctionAnAddressLiesIn) {
  const KernelSymbols names = symbols(kSymbols);
  EXPECT_FALSE(names.empty());
  EXPECT_EQ(names.function(0xffffffff81000101), "kfree_skb_list_reason");
  EXPECT_EQ(names.function(0xffffffff81000190), "__udp4_lib_rcv");
  EXPECT_EQ(names.function(0xffffffff81000281), "weak_function");
  EXPECT_EQ(names.function(0xffffffff81000301), "ip_rcv.cold");
}

TEST_F(KernelNames, CountAReturnAddressBehindTheLastInstructionToTheFunctionThatCalled) {
  const KernelSymbols names = symbols(kSymbols);
  EXPECT_EQ(names.function(0xffffffff81000180), "kfree_skb_list_reason");
  EXPECT_EQ(names.function(0xffffffff81000181), "__udp4_lib_rcv");
}

TEST_F(KernelNames, KnowFunctionsOfModulesWithoutTheModulesName) {
  const KernelSymbols names = symbols(kSymbols);
  EXPECT_EQ(names.function(0xffffffffc0000123), "nft_do_chain");
  EXPECT_EQ(names.function(0xffffffff80000011), "in_a_module_below");
}

TEST_F(KernelNames, SkipData) {
  const KernelSymbols names = symbols(kSymbols);
  EXPECT_EQ(names.function(0xffffffff81000248), "__udp4_lib_rcv");
  EXPECT_EQ(names.function(0xffffffffc0000404), "nft_do_chain");
}

TEST_F(KernelNames, KnowNothingBelowTheFirstFunction) {
  const KernelSymbols names = symbols(kSymbols);
  EXPECT_EQ(names.function(0), "");
  EXPECT_EQ(names.function(1), "");
  EXPECT_EQ(names.function(0xffffffff80000001), "in_a_module_below");
  EXPECT_EQ(names.function(0xffffffff80000000), "");
}

// kptr_restrict shows every address as 0.
TEST_F(KernelNames, KnowNothingWhereTheKernelHidesItsAddresses) {
  const KernelSymbols names = symbols("0000000000000000 T _text\n0000000000000000 t __udp4_lib_rcv\n");
  EXPECT_TRUE(names.empty());
  EXPECT_EQ(names.function(0xffffffff81000101), "");
}

TEST_F(KernelNames, TakeNoHarmFromLinesThatAreNone) {
  const KernelSymbols names = symbols(
      "\n \nffffffff81000100\nffffffff81000100 \nffffffff81000100 T\nffffffff81000100 T \nnot a line\n"
      "ffffffff81000200 T f\n");
  EXPECT_EQ(names.function(0xffffffff81000201), "f");
  EXPECT_EQ(names.function(0xffffffff81000101), "");
  EXPECT_TRUE(KernelSymbols::load(folder_ / "not there").empty());
}

TEST_F(KernelNames, CallAReasonThatIsNotInTheEnumerationByItsNumber) {
  DropReasons none;
  EXPECT_EQ(none.name(7), "reason_7");
  EXPECT_EQ(none.name(0), "");
  DropReasons reasons = DropReasons::load();
  EXPECT_EQ(reasons.name(0xfffffff0), "reason_4294967280");
  EXPECT_EQ(reasons.name(0xfffffff0), "reason_4294967280");
}

}  // namespace
}  // namespace ringtap
