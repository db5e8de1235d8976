// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/event.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

namespace ringtap {
namespace {

// A ring sample, aligned as the ring aligns it.
class Sample {
 public:
  Sample& add(ringtap_event header, std::vector<std::uint8_t> data) {
    header.cap_len = static_cast<std::uint32_t>(data.size());
    if (header.wire_len == 0) header.wire_len = header.cap_len;
    const std::size_t at = size_;
    size_ = (at + sizeof(header) + data.size() + 7) / 8 * 8;
    words_.resize(size_ / 8);
    std::memcpy(reinterpret_cast<std::byte*>(words_.data()) + at, &header, sizeof(header));
    std::copy(data.begin(), data.end(), reinterpret_cast<std::uint8_t*>(words_.data()) + at + sizeof(header));
    return *this;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words_)); }
  [[nodiscard]] std::span<std::byte> writable() { return std::as_writable_bytes(std::span(words_)); }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

TEST(EventReader, WalksSeveralRecordsOfOneSample) {
  Sample sample;
  sample.add({.monotonic_ns = 1}, {1, 2, 3})
      .add({.monotonic_ns = 2}, {})
      .add({.monotonic_ns = 3}, {4, 5, 6, 7, 8, 9, 10, 11});
  EventReader reader(sample.bytes());
  std::vector<std::size_t> sizes;
  std::uint64_t time = 0;
  while (const auto event = reader.next()) {
    EXPECT_EQ(event->header->monotonic_ns, ++time);
    sizes.push_back(event->data.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 0, 8}));
  EXPECT_FALSE(reader.malformed());
}

TEST(EventReader, TakesWhatTheProgramReturnedForAVerdictWhereItDropsOnly) {
  const auto verdict = [](ringtap_tap tap, std::int32_t value) {
    Sample sample;
    sample.add({.monotonic_ns = 1, .verdict = value, .tap = static_cast<std::uint8_t>(tap)}, {1});
    EventReader reader(sample.bytes());
    return to_record(*reader.next()).verdict;
  };
  constexpr std::int32_t kXdpDrop = 1;
  constexpr std::int32_t kXdpPass = 2;
  EXPECT_FALSE(verdict(RINGTAP_TAP_XDP, kXdpPass));
  EXPECT_FALSE(verdict(RINGTAP_TAP_TC_INGRESS, -1));
  ASSERT_TRUE(verdict(RINGTAP_TAP_XDP, kXdpDrop));
  EXPECT_EQ(verdict(RINGTAP_TAP_XDP, kXdpDrop)->value, kXdpDrop);
}

TEST(EventReader, FindsTheTraceBetweenHeaderAndBytes) {
  ringtap_trace trace{.skb = 0xffff888000001100, .reason = 8, .in_ifindex = 3, .hook = 1, .last = 1};
  std::vector<std::uint8_t> bytes(sizeof(trace));
  std::memcpy(bytes.data(), &trace, sizeof(trace));
  bytes.insert(bytes.end(), {7, 8, 9});
  Sample sample;
  sample.add({.monotonic_ns = 1, .wire_len = 3, .tap = RINGTAP_TAP_NETFILTER, .flags = RINGTAP_EVENT_TRACE}, bytes);
  // add() counts the trace as captured bytes; the kernel side does not.
  auto* header = reinterpret_cast<ringtap_event*>(sample.writable().data());
  header->cap_len = 3;
  EventReader reader(sample.bytes());
  const auto event = reader.next();
  ASSERT_TRUE(event);
  ASSERT_EQ(event->data.size(), 3U);
  EXPECT_EQ(event->data[2], std::byte{9});
  const RecordView record = to_record(*event);
  ASSERT_TRUE(record.trace);
  EXPECT_EQ(record.tap, Tap::kNetfilter);
  EXPECT_EQ(record.trace->hook, NetfilterHook::kInput);
  EXPECT_TRUE(record.trace->last);
  EXPECT_EQ(record.trace->skb, 0xffff888000001100U);
  EXPECT_EQ(record.trace->in_ifindex, 3U);
  EXPECT_EQ(record.direction, Direction::kIn);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.malformed());
}

TEST(EventReader, RefusesATraceThatIsCutOrNamesNoHook) {
  Sample cut;
  cut.add({.monotonic_ns = 1, .flags = RINGTAP_EVENT_TRACE}, {1, 2, 3});
  EventReader reader(cut.bytes());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.malformed());

  std::vector<std::uint8_t> bytes(sizeof(ringtap_trace));
  bytes[offsetof(ringtap_trace, hook)] = 5;
  Sample hook;
  hook.add({.monotonic_ns = 1, .flags = RINGTAP_EVENT_TRACE}, bytes);
  reinterpret_cast<ringtap_event*>(hook.writable().data())->cap_len = 0;
  EventReader other(hook.bytes());
  EXPECT_FALSE(other.next());
  EXPECT_TRUE(other.malformed());
}

TEST(EventReader, RefusesWhatIsNoRecord) {
  Sample good;
  good.add({.monotonic_ns = 1}, std::vector<std::uint8_t>(20, 0xaa));
  for (const auto& spoil : std::vector<void (*)(ringtap_event&)>{
           [](ringtap_event& e) { e.cap_len = 21 + 4; },            // longer than the sample
           [](ringtap_event& e) { e.cap_len = 0xffffffff; },        // overflows a 32-bit sum
           [](ringtap_event& e) { e.wire_len = e.cap_len - 1; },    // more captured than there was
           [](ringtap_event& e) { e.tap = RINGTAP_TAP_COUNT; }}) {  // no such tap
    Sample bad = good;
    ringtap_event header{};
    std::memcpy(&header, bad.writable().data(), sizeof(header));
    spoil(header);
    std::memcpy(bad.writable().data(), &header, sizeof(header));
    EventReader reader(bad.bytes());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.malformed());
  }
}

TEST(EventReader, NeverReadsPastAHostileSample) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::uint64_t> words(random() % 40);
    for (auto& word : words) word = random() % 4 == 0 ? random() : random() % 300;
    const auto bytes = std::as_bytes(std::span(words));
    EventReader reader(bytes);
    while (const auto event = reader.next()) {
      ASSERT_GE(event->data.data(), bytes.data());
      ASSERT_LE(event->data.data() + event->data.size(), bytes.data() + bytes.size());
    }
  }
}

TEST(ToRecord, TakesTheDirectionFromTheTap) {
  const auto record_of = [](std::uint8_t tap, std::uint8_t pkt_type, std::vector<std::uint8_t> data) {
    static Sample sample;
    sample = Sample();
    sample.add({.tap = tap, .pkt_type = pkt_type}, std::move(data));
    EventReader reader(sample.bytes());
    return to_record(*reader.next());
  };
  EXPECT_EQ(record_of(RINGTAP_TAP_TC_EGRESS, 0, {}).direction, Direction::kOut);
  EXPECT_EQ(record_of(RINGTAP_TAP_TC_EGRESS, 0, {}).packet_type, PacketType::kOutgoing);
  EXPECT_EQ(record_of(RINGTAP_TAP_TC_INGRESS, 3, {}).direction, Direction::kIn);
  EXPECT_EQ(record_of(RINGTAP_TAP_TC_INGRESS, 3, {}).packet_type, PacketType::kOtherHost);
  EXPECT_EQ(record_of(RINGTAP_TAP_XDP, 255, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}).packet_type, PacketType::kBroadcast);
  EXPECT_EQ(record_of(RINGTAP_TAP_XDP, 255, {0x01, 0, 0x5e, 0, 0, 1}).packet_type, PacketType::kMulticast);
  EXPECT_EQ(record_of(RINGTAP_TAP_XDP, 255, {0x02, 0, 0, 0, 0, 1}).packet_type, PacketType::kHost);
  EXPECT_EQ(record_of(RINGTAP_TAP_XDP, 255, {0x02}).packet_type, PacketType::kUnknown);
}

}  // namespace
}  // namespace ringtap
