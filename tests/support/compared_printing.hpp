// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Packets printed by the dissector and by the installed tcpdump, which is asked each time, so that there is no golden
// file to grow old. For tests that link ringtap_dissect and ringtap_harness. One thread.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <random>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/dissector.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/options.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"

namespace ringtap::testing {

// Packets of one kind.
struct PrintedFamily {
  std::string_view name;
  std::vector<Bytes> packets;
  std::string_view options;  // besides none, what the family is held to
  LinkType link = LinkType::kEthernet;
};

struct Cut {
  Bytes bytes;
  std::uint32_t wire_len;
};

inline std::vector<Cut> cut_at_every_length(const std::vector<Bytes>& packets) {
  std::vector<Cut> cuts;
  for (const Bytes& packet : packets) {
    for (std::size_t size = 1; size <= packet.size(); ++size) {
      cuts.push_back({Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)),
                      static_cast<std::uint32_t>(packet.size())});
    }
  }
  return cuts;
}

inline std::vector<Cut> uncut(const std::vector<Bytes>& packets) {
  std::vector<Cut> cuts;
  for (const Bytes& packet : packets) cuts.push_back({packet, static_cast<std::uint32_t>(packet.size())});
  return cuts;
}

// The end of the Ethernet header, or of IP's after it.
inline std::size_t network_header_end(const Bytes& packet) {
  constexpr std::size_t kEthernet = 14;
  const unsigned type = std::to_integer<unsigned>(packet[12]) << 8U | std::to_integer<unsigned>(packet[13]);
  return kEthernet + (type == 0x0800 ? 20 : type == 0x86dd ? 40 : 0);
}

// `options`: of tcpdump, those that the dissector has: -e, -H, -q, -T, -v, -x.
inline std::string printed(const std::vector<Cut>& cuts, std::string_view options, LinkType link, bool compat = true) {
  DissectOptions style;
  style.no_names = 1;
  style.compat = compat;
  std::istringstream words{std::string(options)};
  for (std::string word; words >> word;) {
    style.quiet |= word == "-q";
    style.link_header |= word == "-e";
    style.mesh_headers |= word == "-H";
    style.suppress_dump |= word == "-x";
    if (word == "-T" && words >> word) style.forced = find_forced_type(word);
    if (word.starts_with("-v")) style.verbosity = static_cast<int>(word.size()) - 1;
  }
  Dissector dissector(style);
  Appender out;
  for (const Cut& cut : cuts) {
    RecordView record;
    record.data = cut.bytes;
    record.wire_len = cut.wire_len;
    record.link_type = link;
    const std::size_t header = dissector.print(record, out);
    if (style.suppress_dump && header < cut.bytes.size()) {
      const std::span<const std::byte> rest = std::span(cut.bytes).subspan(header);
      dump_hex(out, {reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()});
    }
    out.put('\n');
  }
  return std::string(out.text());
}

inline std::string printed_by_tcpdump(const std::vector<Cut>& cuts, std::string_view options, LinkType link) {
  char path[] = "/tmp/printed.XXXXXX";
  const int fd = ::mkstemp(path);
  if (fd < 0) throw std::runtime_error("no file below /tmp");
  ::close(fd);
  std::ofstream file(path, std::ios::binary);
  const auto put32 = [&](std::uint32_t value) { file.write(reinterpret_cast<const char*>(&value), 4); };
  for (const std::uint32_t word : {0xa1b2c3d4u, 4u << 16 | 2, 0u, 0u, 262144u, static_cast<std::uint32_t>(link)})
    put32(word);
  for (const Cut& cut : cuts) {
    for (const std::uint32_t word : {0u, 0u, static_cast<std::uint32_t>(cut.bytes.size()), cut.wire_len}) put32(word);
    file.write(reinterpret_cast<const char*>(cut.bytes.data()), static_cast<std::streamsize>(cut.bytes.size()));
  }
  file.close();
  std::string out = run_shell("tcpdump -n -t " + std::string(options) + " -r " + path + " 2>/dev/null").out;
  std::remove(path);
  return out;
}

// The first line that differs, of both; empty where there is none.
inline std::string first_difference(const std::string& left, const std::string& right) {
  std::istringstream ours(left);
  std::istringstream theirs(right);
  for (std::string a, b; std::getline(ours, a), std::getline(theirs, b), ours || theirs;) {
    if (!ours || !theirs || a != b) return "printed  " + a + "\nexpected " + b;
    a.clear();
    b.clear();
  }
  return "";
}

// Packets of the family with some bytes behind the first `head` changed, the same ones in every run.
inline std::vector<Cut> damaged(const PrintedFamily& family, std::size_t head, unsigned count) {
  std::mt19937 random(1);
  std::vector<Cut> cuts;
  for (unsigned i = 0; i < count; ++i) {
    Bytes bytes = family.packets[random() % family.packets.size()];
    for (unsigned j = random() % 4 + 1; j-- > 0;) bytes[head + random() % (bytes.size() - head)] = std::byte(random());
    cuts.push_back({bytes, static_cast<std::uint32_t>(bytes.size() + random() % 3)});
  }
  return cuts;
}

// The test fails where the packets of a family are printed differently with one of the `options`.
inline void expect_printed_as_tcpdump_does(const PrintedFamily& family, const std::vector<Cut>& cuts,
                                           std::initializer_list<std::string_view> options) {
  for (const std::string_view option : options) {
    EXPECT_EQ(first_difference(printed(cuts, option, family.link), printed_by_tcpdump(cuts, option, family.link)), "")
        << family.name << ' ' << option;
  }
}

// The test fails at the first character that is neither printable nor a blank.
inline void expect_harmless(const std::string& text, std::string_view name) {
  for (const char c : text) {
    ASSERT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t') << name << ": " << static_cast<int>(c);
  }
}

}  // namespace ringtap::testing
