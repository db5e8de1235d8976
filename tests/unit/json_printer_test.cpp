// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --json by other readers: jq for the text, tshark for the Community ID and the fields of every packet of the corpus.
#include "sink/json_printer.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "record/community_id.hpp"
#include "support/files.hpp"
#include "support/hostile.hpp"

namespace ringtap {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): layers of packets

Endpoints ends(const char* source, const char* destination, std::uint8_t protocol, std::uint16_t source_port,
               std::uint16_t destination_port) {
  Endpoints ends{.source_port = source_port, .destination_port = destination_port, .protocol = protocol};
  ends.version = std::string_view(source).find(':') == std::string_view::npos ? 4 : 6;
  const int family = ends.version == 4 ? AF_INET : AF_INET6;
  EXPECT_EQ(inet_pton(family, source, ends.source.data()), 1);
  EXPECT_EQ(inet_pton(family, destination, ends.destination.data()), 1);
  return ends;
}

// From the baselines of the specification's own implementations.
TEST(CommunityId, IsThatOfTheSpecification) {
  EXPECT_EQ(CommunityId(ends("128.232.110.120", "66.35.250.204", 6, 34855, 80)).text(),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(CommunityId(ends("66.35.250.204", "128.232.110.120", 6, 80, 34855)).text(),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(CommunityId(ends("192.168.1.52", "8.8.8.8", 17, 54585, 53)).text(), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
  EXPECT_EQ(CommunityId(ends("192.168.0.89", "192.168.0.1", 1, 8, 0)).text(), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  EXPECT_EQ(CommunityId(ends("192.168.0.1", "192.168.0.89", 1, 0, 0)).text(), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
}

TEST(FlowId, IsTheSameForBothDirectionsAndFitsIntoADouble) {
  const std::uint64_t id = flow_id(ends("2001:db8::1", "2001:db8::2", 6, 40000, 80));
  EXPECT_EQ(flow_id(ends("2001:db8::2", "2001:db8::1", 6, 80, 40000)), id);
  EXPECT_NE(flow_id(ends("2001:db8::1", "2001:db8::2", 6, 40001, 80)), id);
  EXPECT_LT(id, std::uint64_t{1} << 53);
}

// What a printer of these fields writes for one record.
class Printed {
 public:
  explicit Printed(JsonFields fields) : printer_(fileno(file_), {.json = {fields}}) {}
  ~Printed() { std::fclose(file_); }
  JsonPrinter& printer() { return printer_; }
  std::string text(const RecordView& record) {
    EXPECT_TRUE(printer_.on_record(record));
    EXPECT_TRUE(printer_.flush());
    std::rewind(file_);
    std::string text(64 * 1024, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

 private:
  std::FILE* file_ = std::tmpfile();
  JsonPrinter printer_;
};

constexpr JsonFields kAllFields = json_fields_where([](const JsonFieldRow&) { return true; });

TEST(JsonPrinter, HasEvesNamesAndItsOwnBelowRingtap) {
  Printed printed(kUsualJsonFields);
  ASSERT_TRUE(printed.printer().on_interface({.name = "eth0:drop", .ifindex = 2}));
  const testing::Bytes frame =
      (Ethernet{} / Vlan{.id = 7} / Ipv4{} / Tcp{.flags = Tcp::kSyn | Tcp::kAck} / Payload{"x"}).bytes();
  const RecordView record{.time_ns = 1'700'000'000'123'456'789,
                          .data = frame,
                          .wire_len = 1500,
                          .tap = Tap::kDrop,
                          .direction = Direction::kIn,
                          .lost_before = 3,
                          .packet_id = 9,
                          .ifindex = 2,
                          .trace = Trace{.reason = "NETFILTER_DROP", .function = "nft_do_chain", .rule = "a \"b\""}};
  EXPECT_EQ(
      printed.text(record),
      "{\"timestamp\":\"2023-11-14T22:13:20.123456+0000\",\"flow_id\":" +
          std::to_string(flow_id(ends("192.0.2.1", "192.0.2.2", 6, 40000, 80))) +
          ",\"in_iface\":\"eth0\",\"event_type\":\"drop\",\"vlan\":[7],\"src_ip\":\"192.0.2.1\",\"src_port\":40000,"
          "\"dest_ip\":\"192.0.2.2\",\"dest_port\":80,\"proto\":\"TCP\",\"tcp\":{\"tcp_flags\":\"12\"},"
          "\"community_id\":\"" +
          std::string(CommunityId(ends("192.0.2.1", "192.0.2.2", 6, 40000, 80)).text()) +
          "\",\"ringtap\":{\"time_ns\":\"1700000000123456789\",\"tap\":\"drop\",\"direction\":\"in\",\"len\":1500,"
          "\"cap_len\":" +
          std::to_string(frame.size()) +
          ",\"reason\":\"NETFILTER_DROP\",\"function\":\"nft_do_chain\",\"rule\":\"a \\\"b\\\"\","
          "\"packet_id\":\"9\",\"lost_before\":3}}\n");
}

TEST(JsonPrinter, HasWhatWasChosenAndNothingElse) {
  const auto only = [](std::string_view word, const RecordView& record) {
    return Printed(json_fields_of_word(word)).text(record);
  };
  const testing::Bytes frame = (Ethernet{} / Ipv6{} / Icmp{.code = 1} / Payload{"xy"}).bytes();
  const RecordView record{.data = frame, .wire_len = static_cast<std::uint32_t>(frame.size())};
  EXPECT_EQ(only("icmp_code", record), "{\"icmp_code\":1}\n");
  EXPECT_EQ(only("dest_ip", record), "{\"dest_ip\":\"2001:db8::2\"}\n");
  EXPECT_EQ(only("src_port", record), "{}\n");
  EXPECT_EQ(only("ringtap.reason", record), "{\"ringtap\":{}}\n");
  EXPECT_EQ(
      only("ether", record),
      "{\"ether\":{\"ether_type\":34525,\"src_mac\":\"02:00:00:00:00:01\",\"dest_mac\":\"02:00:00:00:00:02\"}}\n");
  EXPECT_EQ(only("packet", {.data = std::span(frame).first(4)}), "{\"packet\":\"AgAAAA==\"}\n");
}

TEST(JsonPrinter, NamesTheProcessesThatAreKnown) {
  auto process = std::make_shared<ringtap::Process>();
  process->comm = "cu\"rl";
  process->pod = "shop/web";
  const Owners owners{.sender = {.kind = OwnerKind::kSender, .key = 4711, .uid = 1000, .process = process},
                      .receiver = {.kind = OwnerKind::kUnknown}};
  const RecordView record{.owners = &owners};
  EXPECT_EQ(Printed(json_fields_of_word("ringtap.sender")).text(record),
            "{\"ringtap\":{\"sender\":{\"kind\":\"sender\",\"pid\":4711,\"uid\":1000,\"comm\":\"cu\\\"rl\","
            "\"pod\":\"shop/web\"}}}\n");
  EXPECT_EQ(Printed(json_fields_of_word("ringtap.receiver")).text(record),
            "{\"ringtap\":{\"receiver\":{\"kind\":\"unknown\"}}}\n");
}

// Its ports are in another packet: no flow is better than a wrong one.
TEST(JsonPrinter, OfALaterFragmentNamesNoFlow) {
  const testing::Bytes frame = (Ethernet{} / Ipv4{.fragment = 0x2010} / Udp{} / Payload{"x"}).bytes();
  const std::string text = Printed(kAllFields).text({.data = frame});
  EXPECT_NE(text.find("\"src_ip\":\"192.0.2.1\""), std::string::npos) << text;
  for (const char* field : {"flow_id", "src_port", "dest_port", "community_id"}) {
    EXPECT_EQ(text.find(field), std::string::npos) << text;
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Json : public FilesTest {};

// Names, rules and comments are bytes; jq has to read them, and a terminal must not obey them.
TEST_F(Json, IsReadByJqWhateverTextIsInIt) {
  REQUIRE_TOOL("jq");
  const std::string path = folder_ / "hostile.json";
  std::ofstream file(path, std::ios::binary);
  const testing::Bytes frame = (Ethernet{} / Ipv4{} / Udp{} / Payload{"x"}).bytes();
  for (int cut = 0; cut <= static_cast<int>(frame.size()); ++cut) {
    Printed printed(kAllFields);
    ASSERT_TRUE(printed.printer().on_interface({.name = std::string(kHostile)}));
    const RecordView record{.data = std::span(frame).first(static_cast<std::size_t>(cut)),
                            .wire_len = 60,
                            .tap = Tap::kDrop,
                            .trace = Trace{.other_netns = true,
                                           .netns_name = kHostile,
                                           .reason = kHostile,
                                           .function = kHostile,
                                           .rule = kHostile},
                            .comment = kHostile};
    const std::string text = printed.text(record);
    EXPECT_EQ(first_control(text.substr(0, text.size() - 1)), "");
    file << text;
  }
  file.close();
  const Finished read = run({"jq", "-r", ".ringtap.rule + .in_iface + .ringtap.comment | length", path});
  EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read.err;
  EXPECT_EQ(lines_of(read.out).size(), frame.size() + 1);
}

TEST_F(Json, TakesTheListOfFieldsInBothWaysOfWritingIt) {
  const std::string file = pcap("x.pcap", 1);
  const Finished one = ringtap({"-r", file, "--json=src_port,dest_port"});
  EXPECT_EQ(one.out, "{\"src_port\":40000,\"dest_port\":1001}\n{\"src_port\":40000,\"dest_port\":1002}\n") << one;
  EXPECT_EQ(ringtap({"-r", file, "--json=fields", "src_port,dest_port"}).out, one.out);
  EXPECT_EQ(ringtap({"-r", file, "--json=src_port,dest_port", "udp port 1002"}).out,
            "{\"src_port\":40000,\"dest_port\":1002}\n");
}

TEST_F(Json, IsRefusedWithWhatItCannotShow) {
  const std::string file = pcap("x.pcap", 1);
  const auto refused = [&](std::vector<std::string> arguments, const char* why) {
    arguments.insert(arguments.begin(), {"-r", file});
    const Finished finished = ringtap(std::move(arguments));
    EXPECT_EQ(finished.status, (ExitStatus{2, 0})) << finished;
    EXPECT_NE(finished.err.find(why), std::string::npos) << finished;
    EXPECT_EQ(finished.out, "");
  };
  refused({"--json=src"}, "no such field");
  refused({"--json", "-X"}, "-x, -X and -A are for text");
  refused({"--json", "--count"}, "--count prints no packets");
  refused({"--json", "-w", "-"}, "cannot both use standard output");
}

// Every packet of the corpus that tshark finds a flow of IP in at the outside.
TEST_F(Json, HasTsharksCommunityIdForEachPacketOfTheCorpus) {
  REQUIRE_TOOL("tshark");
  REQUIRE_TOOL("jq");
  auto files = corpus_files("tcpdump-4.99.3");
  REQUIRE_CORPUS(files);
  // The largest ones, of which each costs a second.
  const auto weight = [](const auto& path) {
    return std::min<std::uintmax_t>(std::filesystem::file_size(path), 1 << 20);
  };
  std::sort(files.begin(), files.end(), [&](const auto& a, const auto& b) { return weight(a) > weight(b); });
  files.resize(std::min<std::size_t>(files.size(), 8));
  std::size_t compared = 0;
  for (const std::string file : files) {
    SCOPED_TRACE(file);
    const Finished theirs = run({"tshark",
                                 "--enable-protocol",
                                 "communityid",
                                 "-o",
                                 "ip.defragment:FALSE",
                                 "-o",
                                 "ipv6.defragment:FALSE",
                                 "-n",
                                 "-r",
                                 file,
                                 "-T",
                                 "fields",
                                 "-e",
                                 "communityid",
                                 "-e",
                                 "ip.src",
                                 "-e",
                                 "ipv6.src",
                                 "-e",
                                 "ip.dst",
                                 "-e",
                                 "ipv6.dst",
                                 "-e",
                                 "ip.frag_offset"});
    const Finished ours = run_shell(ringtap_binary() + " -r '" + file +
                                    "' --json 2>/dev/null | jq -r "
                                    "'[.community_id // \"\", .src_ip // \"\", .dest_ip // \"\"] | @tsv'");
    const std::vector<std::string> left = lines_of(theirs.out);
    const std::vector<std::string> right = lines_of(ours.out);
    if (left.size() != right.size()) continue;  // one of the two reads no further
    for (std::size_t i = 0; i < left.size(); ++i) {
      std::istringstream their_fields(left[i]);
      std::istringstream our_fields(right[i]);
      std::string id, src4, src6, our_id, our_source;
      std::getline(their_fields, id, '\t');
      std::getline(their_fields, src4, '\t');
      std::getline(their_fields, src6, '\t');
      std::getline(our_fields, our_id, '\t');
      std::getline(our_fields, our_source, '\t');
      // A packet in another has several addresses; theirs is the innermost flow, ours the outermost.
      if (id.empty() || our_id.empty() || (our_source != src4 && our_source != src6)) continue;
      EXPECT_EQ(our_id, id) << "packet " << i + 1;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace ringtap
