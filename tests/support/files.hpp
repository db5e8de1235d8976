// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// For tests of what the program does with capture files: small files made by hand, and runs of ringtap and tcpdump on
// them. Owns a folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/compared_tcpdump.hpp"
#include "support/corpora.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override { REQUIRE_COMPARED_TCPDUMP(); }

  // A pcap file of `count` datagrams to ports 1001, 1002 …, one a second.
  std::string pcap(const std::string& name, std::uint32_t link_type, unsigned count = 2, std::uint32_t snaplen = 262144,
                   std::uint32_t first_second = 1000) {
    std::ofstream file(folder_ / name, std::ios::binary);
    put(file, {0xa1b2c3d4, 0x00040002, 0, 0, snaplen, link_type});
    for (unsigned i = 0; i < count; ++i) {
      const Bytes frame = framed(link_type, static_cast<std::uint16_t>(1001 + i));
      const auto size = static_cast<std::uint32_t>(frame.size());
      put(file, {first_second + i, 0, size, size});
      file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
    }
    return folder_ / name;
  }
  // A pcap file of this one Ethernet frame.
  std::string pcap_of(const std::string& name, const Bytes& frame) {
    std::ofstream file(folder_ / name, std::ios::binary);
    const auto size = static_cast<std::uint32_t>(frame.size());
    put(file, {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1, 1000, 0, size, size});
    file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(size));
    return folder_ / name;
  }
  // A pcapng file of one interface and nothing else.
  std::string pcapng(const std::string& name, std::uint16_t link_type, std::uint32_t snaplen) {
    std::ofstream file(folder_ / name, std::ios::binary);
    put(file, {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0U, ~0U, 28});
    put(file, {1, 20, link_type, snaplen, 20});
    return folder_ / name;
  }
  std::string list(const std::string& name, const std::vector<std::string>& names) {
    std::ofstream file(folder_ / name);
    for (const std::string& line : names) file << line << "\n";
    return folder_ / name;
  }
  static Finished ringtap(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), ringtap_binary());
    return run(std::move(arguments));
  }
  static Finished tcpdump(std::vector<std::string> arguments) {
    // Else it changes its user before the second file, and cannot open it.
    arguments.insert(arguments.begin(), {"tcpdump", "-Z", "root"});
    return run(std::move(arguments));
  }
  static void expect_same(const std::vector<std::string>& arguments) {
    const Finished ours = ringtap(arguments);
    const Finished theirs = tcpdump(arguments);
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    SCOPED_TRACE(line);
    EXPECT_EQ(theirs.status, (ExitStatus{0, 0})) << theirs.err;
    EXPECT_EQ(ours.status, (ExitStatus{0, 0})) << ours.err;
    EXPECT_EQ(ours.err, theirs.err);
    EXPECT_EQ(ours.out, theirs.out);
  }

  static void put(std::ofstream& file, std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) file.write(reinterpret_cast<const char*>(&word), sizeof(word));
  }

  TempDir folder_;

 private:
  // The frame without what its link type does not have in front.
  static Bytes framed(std::uint32_t link_type, std::uint16_t port) {
    const Bytes ethernet = (Ethernet{} / Ipv4{} / Udp{.dst_port = port} / Payload{"0123456789"}).bytes();
    constexpr std::size_t kEthernet = 14;
    return link_type == 1 ? ethernet : Bytes(ethernet.begin() + kEthernet, ethernet.end());
  }
};

}  // namespace ringtap::testing
