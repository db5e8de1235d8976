// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Counts as metrics, as the line of --stats and as the status of a service. That Prometheus reads the metrics
// readers.metrics shows.
#include "app/metrics_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/now.hpp"

namespace ringtap {
namespace {

RunCounts counts() {
  RunCounts counts;
  counts.at_ns = 5 * kNsPerSecond;
  for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
    TapAccount& tap = counts.source.taps.emplace_back();
    tap.interface = "eth\"0\\\n\xff";
    tap.tap = "xdp";
    tap.cpu = cpu;
    tap.seen = 100;
    tap.filtered = 50;
    tap.drops[0] = 10;
    tap.delivered = 40;
  }
  counts.session.written = 70;
  counts.session.discard(Discard::kFilter) = 10;
  counts.bytes_written = 7000;
  counts.drops["NO_SOCKET"] = 3;
  counts.outcomes["dropped"] = 3;
  counts.recording = RecordingCounts{.packets = 60, .packets_lost = 5, .bytes = 7000, .stored = 3000, .segments = 2};
  counts.recording->oldest_ns = 1'700'000'000'500'000'000;
  return counts;
}

TEST(Metrics, SumTheCpusAndEscapeWhatALabelMayNotHave) {
  const std::string text = metrics_text(counts(), "1.2.3");
  const auto has = [&](const char* line) { return text.find(std::string("\n") + line + "\n") != std::string::npos; };
  EXPECT_TRUE(has("ringtap_build_info{version=\"1.2.3\"} 1")) << text;
  EXPECT_TRUE(has(R"(ringtap_packets_seen_total{interface="eth\"0\\\\n\\xff",tap="xdp"} 200)")) << text;
  EXPECT_TRUE(has(R"(ringtap_packets_lost_total{interface="eth\"0\\\\n\\xff",tap="xdp",reason="ring_full"} 20)"))
      << text;
  EXPECT_TRUE(has("ringtap_packets_discarded_total{reason=\"filter\"} 10")) << text;
  EXPECT_TRUE(has("ringtap_drops_total{reason=\"NO_SOCKET\"} 3")) << text;
  EXPECT_TRUE(has("ringtap_compared_packets_total{outcome=\"dropped\"} 3")) << text;
  EXPECT_TRUE(has("ringtap_recorder_oldest_timestamp_seconds 1700000000.500000000")) << text;
}

TEST(Metrics, AreAnsweredToAWholeRequestOnly) {
  const auto metrics = [] { return std::string("x 1\n"); };
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < request.size(); ++size) {
    EXPECT_FALSE(answer_to_request(std::string_view(request).substr(0, size), metrics)) << size;
  }
  const auto answer = answer_to_request(request, metrics);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->starts_with("HTTP/1.1 200 OK\r\n")) << *answer;
  EXPECT_NE(answer->find("\r\nContent-Length: 4\r\n"), std::string::npos) << *answer;
  EXPECT_TRUE(answer->ends_with("\r\n\r\nx 1\n")) << *answer;
  EXPECT_TRUE(answer_to_request("GET /metrics?a=b HTTP/1.0\n\n", metrics)->starts_with("HTTP/1.1 200 "));
  for (const char* odd : {"\r\n\r\n", " \n\n", "GET\n\n", "get /metrics\n\n"}) {
    EXPECT_TRUE(answer_to_request(odd, metrics)->starts_with("HTTP/1.1 40")) << odd;
  }
}

TEST(Stats, AreOneLineWithRatesSinceTheLineBefore) {
  RunCounts before;
  before.at_ns = 3 * kNsPerSecond;
  before.session.written = 10;
  EXPECT_EQ(
      stats_text(counts(), before),
      "stats: packets=60 pps=30 bytes_per_s=3500 lost=25 lost_pps=12 disk=5 ring_full=20 no_ring=0 copy_failed=0 "
      "recursion=0 stored=3000 segments=2 removed=0 kept=0 disk_waits=0 oldest=2023-11-14T22:13:20Z free=unknown");
  EXPECT_EQ(status_text(counts(), before),
            "30 packets/s, 3.5 kB/s, 70 packets, 25 lost, holds packets since 2023-11-14T22:13:20Z");
}

}  // namespace
}  // namespace ringtap
