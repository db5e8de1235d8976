// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// JSON as python3's json module reads it, which refuses what RFC 8259 does not allow.
#include "base/json.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <string>

#include "support/process.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Json, EscapesWhatHasAMeaning) {
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json(std::string_view("\0\n\x1f", 3)), R"("\u0000\u000a\u001f")");
  EXPECT_EQ(json("\x7f/"), R"("\u007f/")");
  EXPECT_EQ(json("\xc2\x9b\xe2\x80\xae"), R"("\u009b\u202e")");
}

TEST(Json, KeepsUtf8AndReplacesEachOtherByte) {
  constexpr const char* kReplacement = "\xef\xbf\xbd";
  const std::string one = kReplacement;
  for (const char* good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(json(good), "\"" + std::string(good) + "\"");
  }
  EXPECT_EQ(json("\xff"), "\"" + one + "\"");
  EXPECT_EQ(json("\xc0\xaf"), "\"" + one + one + "\"");                      // overlong
  EXPECT_EQ(json("\xed\xa0\x80"), "\"" + one + one + one + "\"");            // a surrogate
  EXPECT_EQ(json("\xf4\x90\x80\x80"), "\"" + one + one + one + one + "\"");  // above U+10FFFF
  EXPECT_EQ(json("\xe2\x82"), "\"" + one + one + "\"");                      // cut
  EXPECT_EQ(json("\xe2\"x"), "\"" + one + "\\\"x\"");
}

TEST(Json, AnObjectHasItsMembersInOrder) {
  std::string out;
  {
    JsonObject object(out);
    object.text("name", "eth\xff");
    object.optional("none", "");
    object.number("count", 18446744073709551615ULL);
    object.flag("no", false);
    object.flag("yes", true);
    object.key("list") += "[1]";
  }
  EXPECT_EQ(out, "{\"name\":\"eth\xef\xbf\xbd\",\"count\":18446744073709551615,\"yes\":true,\"list\":[1]}");
}

TEST(Json, IsWhatPythonReads) {
  REQUIRE_TOOL("python3");
  const std::string path = ::testing::TempDir() + "ringtap_json_" + std::to_string(getpid());
  {
    std::ofstream file(path, std::ios::binary);
    std::mt19937 random(1);
    for (int line = 0; line < 2000; ++line) {
      std::string bytes(random() % 24, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random() % 2 == 0 ? random() % 256 : 0xc0 + random() % 64);
      std::string out;
      { JsonObject(out).text("text", bytes); }
      file << out << "\n";
    }
  }
  const auto finished =
      testing::run({"python3", "-c",
                    "import json,sys\nlines=open(sys.argv[1],'rb').read().decode('utf-8').split('\\n')[:-1]\n"
                    "print(sum(isinstance(json.loads(l)['text'],str) for l in lines))",
                    path});
  unlink(path.c_str());
  EXPECT_EQ(finished.out, "2000\n") << finished.err;
}

}  // namespace
}  // namespace ringtap
