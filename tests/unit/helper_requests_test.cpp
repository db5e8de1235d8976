// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a process that was taken over may ask of its helpers, and what a helper that was may answer.
#include <gtest/gtest.h>
#include <linux/if_link.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "command/file_requests.hpp"
#include "file/rotating_writer.hpp"
#include "loader/device_link.hpp"
#include "loader/uapi.hpp"
#include "names/host_names.hpp"
#include "net/device_names.hpp"
#include "nft/nft_lister.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {
namespace {

constexpr std::time_t kNow = 1'700'000'000;

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

int refusal(const DeviceLink& link) {
  static constexpr std::array kPrograms = {5, 9};
  const auto accepted = parse_link_request(bytes_of(link), kPrograms);
  return accepted ? 0 : accepted.error().errno_value();
}

TEST(LinkRequests, AreForOneOfTheProgramsAtADevice) {
  EXPECT_EQ(refusal({5, 2, kAttachTcxIngress, kBefore}), 0);
  EXPECT_EQ(refusal({9, 2, BPF_XDP, XDP_FLAGS_SKB_MODE}), 0);
  EXPECT_EQ(refusal({6, 2, kAttachTcxIngress, kBefore}), EBADF);
  EXPECT_EQ(refusal({5, 2, BPF_CGROUP_INET_INGRESS, 0}), EINVAL);
  EXPECT_EQ(refusal({5, 2, BPF_XDP, XDP_FLAGS_SKB_MODE | XDP_FLAGS_REPLACE}), EINVAL);
  EXPECT_EQ(refusal({5, 2, kAttachTcxEgress, kBefore | 1U << 2}), EINVAL);  // BPF_F_REPLACE
  EXPECT_FALSE(parse_link_request("short", {}));
}

TEST(HelperAnswers, AreAnErrno) {
  EXPECT_EQ((HelperProcess::Answer{"17", {}}.errno_value()), EEXIST);
  for (const std::string_view answer : {"", "x", "17x", "-1", "0", "99999999999"}) {
    EXPECT_EQ((HelperProcess::Answer{std::string(answer), {}}.errno_value()), EPROTO) << answer;
  }
}

TEST(ListRequests, AreOneCommandThatChangesNothing) {
  EXPECT_EQ(nft_list_command("ruleset"), "list ruleset\n");
  EXPECT_EQ(nft_list_command("chain ip6 f2b-table input_v6.d"), "list chain ip6 f2b-table input_v6.d\n");
  for (const std::string_view what :
       {"", "table ip t", "ruleset; flush ruleset", "chain ip t c\nflush ruleset", "chain ip t", "chain ip t c d",
        "chain ip t c#", "chain  t c", "chain ip t ", "chain ip t $c", "chain ip t \xc3\xa4"}) {
    EXPECT_FALSE(nft_list_command(what)) << what;
  }
  EXPECT_FALSE(nft_list_command(std::string_view("chain ip t c\0d", 14)));
}

TEST(DeviceQuestions, AreOfAKnownKind) {
  DeviceQuestion question{.kind = DeviceQuestion::kNetnsById, .id = 3};
  ASSERT_TRUE(parse_device_question(bytes_of(question)));
  EXPECT_EQ(parse_device_question(bytes_of(question))->id, 3);
  EXPECT_FALSE(parse_device_question(bytes_of(question).substr(1)));
  question.kind = static_cast<DeviceQuestion::Kind>(5);
  EXPECT_FALSE(parse_device_question(bytes_of(question)));
}

TEST(NetnsLists, AreWholeLines) {
  const Netns netns{.inode = 4026532000, .id = 3, .pid = 17, .start_ns = 90'000'000, .name = "a b\nc", .path = "/x"};
  const std::string lines = netns_line(netns) + netns_line({.inode = 5}) + netns_line({.inode = 0}) + "7 1 2";
  const auto list = parse_netns_lines(lines);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].inode, netns.inode);
  EXPECT_EQ(list[0].id, 3);
  EXPECT_EQ(list[0].pid, 17U);
  EXPECT_EQ(list[0].start_ns, netns.start_ns);
  EXPECT_EQ(list[0].name, "a b c");
  EXPECT_EQ(list[1].id, -1);
  EXPECT_EQ(list[1].name, "");
  EXPECT_TRUE(parse_netns_lines("1 2\nx 1 1 1 a\n1 1 1 99999999999999999999 a\n\n").empty());
}

TEST(NameRequests, AreAddresses) {
  const std::array<std::uint8_t, 20> bytes{127, 0, 0, 1};
  for (const std::size_t size : {0, 1, 5, 15, 20}) {
    EXPECT_EQ(HostNames::look_up_on_this_host(std::span(bytes).first(size)), "");
  }
}

bool accepts(FileRequests& requests, std::string_view request, std::time_t now = kNow) {
  return static_cast<bool>(requests.accept(request, now));
}

TEST(FileRequests, AreForTheFilesOfTheCommandLine) {
  Options options;
  options.read_paths = {"in.pcap"};
  options.output.path = "out.pcap";
  FileRequests requests(options);
  for (const std::string_view request : {"rin.pcap", "wout.pcap", "lout.pcap"}) {
    EXPECT_TRUE(accepts(requests, request)) << request;
  }
  for (const std::string_view request : {"", "r", "win.pcap", "rout.pcap", "wout.pcap1", "w/etc/passwd", "zout.pcap",
                                         "xout.pcap", "w./out.pcap", "l", "w"}) {
    EXPECT_FALSE(accepts(requests, request)) << request;
  }
  EXPECT_FALSE(accepts(requests, std::string_view("wout.pcap\0x", 11)));
  EXPECT_TRUE(accepts(requests, "dout.pcap"));
  EXPECT_FALSE(accepts(requests, "din.pcap") || accepts(requests, "d") || accepts(requests, "d/etc/x"));
}

TEST(FileRequests, OfAQueryAreForIndexesToo) {
  Options options;
  options.action = Action::kQuery;
  options.read_paths = {"d/a.pcapng", "d/b.pcapng.zst.part"};
  FileRequests requests(options);
  for (const std::string_view request :
       {"rd/a.pcapng", "rd/a.pcapng.index", "rd/b.pcapng.zst.part", "rd/b.pcapng.zst", "rd/b.pcapng.zst.index"}) {
    EXPECT_TRUE(accepts(requests, request)) << request;
  }
  for (const std::string_view request :
       {"rd/c.pcapng", "rd/a.pcapng.part", "rd/b.pcapng.zst.part.index", "wd/a.pcapng"}) {
    EXPECT_FALSE(accepts(requests, request)) << request;
  }
}

TEST(FileRequests, OfSeveralThreadsAreForTheFilesOfEach) {
  Options options;
  options.output = {.path = "x%s", .rotation = {.bytes = 1000, .seconds = 1}, .rotate_command = "gzip"};
  options.capture.threads = 2;
  options.output.file_per_thread = true;
  FileRequests requests(options);
  const auto at = [](std::time_t time) { return rotated_name("x%s", {.seconds = 1}, time, 0).value(); };
  const std::string first = at(kNow);
  const std::string second = at(kNow - 10);
  EXPECT_TRUE(accepts(requests, "w" + first) && accepts(requests, "w" + second + ".2"));
  EXPECT_TRUE(accepts(requests, "d" + first) && accepts(requests, "d" + second + ".2"));
  // However long ago the file was begun whose number grows; each has its own.
  const std::time_t later = kNow + 1000;
  EXPECT_TRUE(accepts(requests, "w" + first + "1", later) && accepts(requests, "w" + second + "1.2", later));
  EXPECT_FALSE(accepts(requests, "w" + second + "2", later) || accepts(requests, "w" + first + "2.2", later));
  EXPECT_FALSE(accepts(requests, "w" + first + ".3") || accepts(requests, "w" + first + ".1"));
  EXPECT_TRUE(accepts(requests, "z" + second + "1.2"));
}

TEST(FileRequests, OfASetHaveTheDigitsThatItGivesThem) {
  Options options;
  options.output = {.path = "x", .rotation = {.bytes = 1000, .files = 20}, .rotate_command = "gzip"};
  FileRequests requests(options);
  EXPECT_TRUE(accepts(requests, "wx00") && accepts(requests, "wx19"));
  for (const std::string_view request : {"wx", "wx0", "wx1", "wx20", "wx007", "wx-1", "wx1e", "wx 1", "lx00"}) {
    EXPECT_FALSE(accepts(requests, request)) << request;
  }
  EXPECT_TRUE(accepts(requests, "zx00"));
  EXPECT_FALSE(accepts(requests, "zx00"));  // each once
  options.output.rotation.files = 0;
  FileRequests unlimited(options);
  EXPECT_TRUE(accepts(unlimited, "wx") && accepts(unlimited, "wx1"));
  EXPECT_FALSE(accepts(unlimited, "wx0") || accepts(unlimited, "wx01"));
}

TEST(FileRequests, OfASetByTimeHaveTheTimeThatItIs) {
  Options options;
  options.output = {.path = "x%s.", .rotation = {.bytes = 1000, .seconds = 5}};
  FileRequests requests(options);
  EXPECT_TRUE(accepts(requests, "wx1700000000."));
  EXPECT_TRUE(accepts(requests, "wx1700000000.7", kNow + 1000));  // a later file of the same slice
  EXPECT_TRUE(accepts(requests, "wx1699999950."));
  EXPECT_FALSE(accepts(requests, "wx1699999900.") || accepts(requests, "wx1700000100."));
}

}  // namespace
}  // namespace ringtap
