// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whatever text is in a file, a name or an option: what ringtap prints of it no terminal obeys.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/plain_text.hpp"
#include "support/hostile.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

class HostileText : public ::testing::Test {
 protected:
  static std::string block(std::uint32_t type, std::string body) {
    body.resize((body.size() + 3) / 4 * 4);
    const auto size = static_cast<std::uint32_t>(body.size() + 12);
    return word(type) + word(size) + body + word(size);
  }
  static std::string word(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), 4}; }
  static std::string option(std::uint16_t code, std::string_view value) {
    std::string text = word(static_cast<std::uint32_t>(code) | static_cast<std::uint32_t>(value.size()) << 16U);
    text += value;
    text.resize((text.size() + 3) / 4 * 4);
    return text;
  }

  // A pcapng file whose every option is hostile: of the section, two interfaces, name resolution, a packet each. With
  // `of_ringtap` its interfaces and comments are in the form in which ringtap writes them, with hostile values.
  std::string pcapng(const std::string& name, bool of_ringtap) const {
    const std::string hostile(kHostile);
    std::string all = block(0x0a0d0d0a, word(0x1a2b3c4d) + word(1) + word(~0U) + word(~0U) + option(1, hostile) +
                                            option(2, hostile) + option(3, hostile) + option(4, hostile) + word(0));
    const std::vector<std::string> taps =
        of_ringtap ? std::vector<std::string>{":drop", ":tc"} : std::vector<std::string>{"1", "2"};
    for (const std::string& tap : taps) {
      all += block(1, word(1) + word(0) + option(1, hostile) + option(2, hostile + tap) + option(3, hostile) +
                          option(11, std::string(1, '\0') + hostile) + option(12, hostile) + word(0));
    }
    all += block(4, option(1, std::string("\x0a\x00\x00\x01", 4) + hostile + std::string(1, '\0')) + word(0));
    const Bytes frame = (Ethernet{} / Ipv4{} / Udp{.src_port = 1, .dst_port = 514} / Payload{"<13>" + hostile}).bytes();
    const std::string data(reinterpret_cast<const char*>(frame.data()), frame.size());
    const auto size = static_cast<std::uint32_t>(data.size());
    for (std::uint32_t interface = 0; interface < 2; ++interface) {
      std::string padded = data;
      padded.resize((size + 3) / 4 * 4);
      const std::string comment = of_ringtap
                                      ? "ringtap: reason=" + hostile + " function=" + hostile + " rule=" + hostile
                                      : hostile + "\nringtap: listening";
      all += block(6, word(interface) + word(0) + word(1000000) + word(size) + word(size) + padded +
                          option(1, comment) + option(2, word(1)) + word(0));
    }
    std::ofstream(folder_ / name, std::ios::binary) << all;
    return folder_ / name;
  }

  static void expect_plain(std::vector<std::string> arguments) {
    std::string line;
    for (const std::string& argument : arguments) line += plain_line(argument) + " ";
    SCOPED_TRACE(line);
    arguments.insert(arguments.begin(), ringtap_binary());
    const Finished finished = run(std::move(arguments));
    EXPECT_EQ(finished.status.signal, 0);
    EXPECT_NE(finished.out.size() + finished.err.size(), 0u);
    EXPECT_EQ(first_control(finished.out), "");
    EXPECT_EQ(first_control(finished.err), "");
  }

  TempDir folder_;
};

TEST_F(HostileText, OfAFileIsShownAsPlainText) {
  for (const bool of_ringtap : {false, true}) {
    // The file's own name is hostile, too.
    const std::string file = pcapng(std::string(kHostile) + ".pcapng", of_ringtap);
    for (const char* flags : {"", "-v", "-vvv", "-e", "-A", "-X", "--compat", "--number", "--count"}) {
      std::vector<std::string> arguments = {"-r", file};
      if (*flags != '\0') arguments.push_back(flags);
      expect_plain(arguments);
    }
    std::ofstream(folder_ / "list") << file << "\n" << file << "missing\n";
    expect_plain({"-V", folder_ / "list"});
    expect_plain({"-r", file, "-w", file});
    expect_plain({"-d", "-r", file, "udp"});
    for (const std::vector<std::string>& more :
         std::vector<std::vector<std::string>>{{}, {"-v"}, {"--each"}, {"--json"}, {"--json", "--each"}}) {
      std::vector<std::string> arguments = {"compare", "-r", file, "--tap", "tc,drop"};
      arguments.insert(arguments.end(), more.begin(), more.end());
      expect_plain(arguments);
    }
  }
}

TEST_F(HostileText, OfACommentStaysOnItsLine) {
  const std::string file = pcapng("x.pcapng", false);
  const Finished finished = run({ringtap_binary(), "-nv", "-r", file});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
  EXPECT_EQ(finished.out.find("\nringtap: listening"), std::string::npos) << finished.out;
  EXPECT_NE(finished.out.find("\\nringtap: listening"), std::string::npos) << finished.out;
}

TEST_F(HostileText, OfAnOptionIsShownAsPlainText) {
  const std::string hostile(kHostile);
  for (const char* option : {"-i",         "-r",
                             "-V",         "-F",
                             "-y",         "-j",
                             "-T",         "-E",
                             "-Z",         "-s",
                             "-c",         "-B",
                             "-C",         "-G",
                             "-W",         "-Q",
                             "--tap",      "--format",
                             "--duration", "--slice",
                             "--sample",   "--time-stamp-precision"}) {
    expect_plain({option, hostile});
  }
  expect_plain({hostile});
  expect_plain({"--" + hostile});
  expect_plain({"-" + hostile});
  expect_plain({"compare", "--" + hostile});
  expect_plain({"compare", "-r", hostile});
  expect_plain({"-d", "host", hostile});
  const std::string file = pcapng("x.pcapng", false);
  expect_plain({"-r", file, "-w", folder_ / (hostile + "/missing")});
  expect_plain({"-r", file, "--ready-file", folder_ / (hostile + "/missing")});
}

TEST(PlainText, KeepsAllOtherText) {
  for (const char* text : {"", "plain", "\xc3\xa9t\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "a\\b"}) {
    EXPECT_EQ(plain_line(text), text);
    EXPECT_EQ(plain_text(text), text);
  }
  EXPECT_EQ(plain_text("one\n\ttwo\n"), "one\n\ttwo\n");
  EXPECT_EQ(plain_line("one\n\ttwo\n"), "one\\n\\ttwo\\n");
}

// Eight bytes are looked at together, so each byte is tried at each of their places, among ordinary and low ones.
TEST(PlainText, IsFoundByEachByteAtEachPlace) {
  for (const char* others :
       {"~~~~~~~~~~~~~~~~~~~~", "                    ", "\t\n\t\n\t\n\t\n\t\n\t\n\t\n\t\n\t\n\t\n"}) {
    for (std::size_t at = 0; at < 20; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text = others;
        text[at] = static_cast<char>(byte);
        EXPECT_EQ(is_plain_ascii(text), (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\t')
            << byte << " at " << at;
      }
    }
  }
}

TEST(PlainText, EscapesWhatATerminalObeysAndWhatIsNoUtf8) {
  EXPECT_EQ(plain_line("\x1b[1m\r\x7f"), "\\x1b[1m\\x0d\\x7f");
  EXPECT_EQ(plain_line("\xc2\x80|\xc2\x9f|\xc2\xa0"), "\\x80|\\x9f|\xc2\xa0");
  EXPECT_EQ(plain_line("\xe2\x80\xae|\xe2\x81\xa9|\xd8\x9c"), "\\u202e|\\u2069|\\u061c");
  EXPECT_EQ(plain_line("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(plain_line(std::string_view("\0", 1)), "\\x00");
}

}  // namespace
}  // namespace ringtap::testing
