// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_context.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

TEST(NftLibrary, IsFoundByItsFile) {
  const auto library = load_nft_library();
  EXPECT_TRUE(library) << library.error().text();
}

TEST(NftLibrary, IsNamedWithItsPackageWhereItIsMissing) {
  const auto library = load_nft_library("libringtap-has-no-such.so.1");
  ASSERT_FALSE(library);
  EXPECT_NE(library.error().text().find("libringtap-has-no-such.so.1"), std::string::npos) << library.error().text();
  EXPECT_NE(library.error().hint().find("libnftables1"), std::string::npos) << library.error().hint();
}

TEST(NftLibrary, IsRefusedWhereItLacksAFunction) {
  const auto library = load_nft_library("libc.so.6");
  ASSERT_FALSE(library);
  EXPECT_NE(library.error().text().find("has no nft_"), std::string::npos) << library.error().text();
}

}  // namespace
}  // namespace ringtap
