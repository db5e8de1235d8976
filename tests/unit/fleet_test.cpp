// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the programs of a fleet tell each other: fields, batches, their order, and the parts of it that come from
// strangers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file/pcapng_writer.hpp"
#include "fleet/batch.hpp"
#include "fleet/batch_builder.hpp"
#include "fleet/batch_order.hpp"
#include "fleet/fields.hpp"
#include "fleet/nkey.hpp"
#include "fleet/opening.hpp"
#include "fleet/section_reader.hpp"
#include "fleet/spill_file.hpp"
#include "fleet/stream.hpp"
#include "fleet/subject_reader.hpp"
#include "support/failing_call.hpp"
#include "support/memory_writer.hpp"
#include "support/recording_sink.hpp"

namespace ringtap {
namespace {

using testing::drain;
using testing::MemoryWriter;
using testing::RecordingSink;
using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(Fields, ComeBackWithEveryByte) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  Fields fields;
  fields.add("session", "a")
      .add("expression", every)
      .add("option", "--tap=xdp")
      .add("option", "--slice=l4")
      .add("n", 7);
  const auto parsed = Fields::parse(fields.encode());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->text("expression"), every);
  EXPECT_EQ(parsed->texts("option"), (std::vector<std::string>{"--tap=xdp", "--slice=l4"}));
  EXPECT_EQ(parsed->number("n"), 7U);
  EXPECT_EQ(parsed->number("session"), std::nullopt);
  EXPECT_EQ(parsed->text("nothing"), "");
}

TEST(Fields, RefuseWhatIsNotTheirForm) {
  for (const std::string text :
       {"a=b", "=b\n", "A=b\n", "a b=c\n", "a=%\n", "a=%4\n", "a=%zz\n", "a=\x01\n", "\n", "a=b\nc"}) {
    EXPECT_FALSE(Fields::parse(text)) << text;
  }
  EXPECT_FALSE(Fields::parse(std::string(Fields::kLongestKey + 1, 'a') + "=b\n"));
  EXPECT_FALSE(Fields::parse("a=" + std::string(Fields::kMostBytes, 'b') + "\n"));
  std::string many;
  for (std::size_t i = 0; i <= Fields::kMostFields; ++i) many += "a=b\n";
  EXPECT_FALSE(Fields::parse(many));
}

// As BatchEncoder takes it.
Bytes with_room(std::string_view content) {
  Bytes section(kBatchRoom);
  const auto bytes = std::as_bytes(std::span(content));
  section.insert(section.end(), bytes.begin(), bytes.end());
  return section;
}

BatchHeader header_of(std::uint64_t number) {
  BatchHeader header;
  header.session = "20261129T000000-00000001";
  header.host = "node.example";
  header.boot = "b";
  header.number = number;
  header.first_ns = 1;
  header.last_ns = 2;
  header.until_ns = 3;
  header.packets = 4;
  header.sent_before = 5;
  header.lost_before = 6;
  header.lost_after = 7;
  header.queue_packets = 8;
  header.queue_batches = 9;
  header.before = {.seen = 20, .matched = 21, .ring = 22, .at_ns = 23};
  header.after = {.seen = 30, .matched = 31, .ring = 32, .at_ns = 33};
  header.clock = "synchronised";
  header.clock_error_ns = 10;
  return header;
}

TEST(Batch, ComesBackAsItWas) {
  auto encoder = BatchEncoder::create();
  ASSERT_TRUE(encoder);
  BatchHeader header = header_of(11);
  header.is_end = true;
  header.more.add("end.seen", 12);
  for (const std::string& content : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    Bytes room = with_room(content);
    const Bytes message = bytes_of(encoder->encode(header, room));
    EXPECT_LE(message.size(), content.size() + 1000);
    auto packed = parse_batch_header(message);
    ASSERT_TRUE(packed) << packed.error().text();
    const BatchHeader& got = packed->header;
    EXPECT_EQ(got.session, header.session);
    EXPECT_EQ(got.host, header.host);
    EXPECT_EQ(got.boot, header.boot);
    EXPECT_EQ(got.clock, header.clock);
    EXPECT_EQ(got.before, header.before);
    EXPECT_EQ(got.after, header.after);
    EXPECT_EQ((std::array{got.number, got.first_ns, got.last_ns, got.until_ns, got.packets, got.sent_before,
                          got.lost_before, got.lost_after, got.queue_packets, got.queue_batches, got.clock_error_ns}),
              (std::array<std::uint64_t, 11>{11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    EXPECT_TRUE(got.is_end);
    EXPECT_EQ(got.more.number("end.seen"), 12U);
    const auto section = unpack_section(*packed, message);
    ASSERT_TRUE(section);
    EXPECT_EQ(*section, bytes_of(content));
  }
}

TEST(Batch, IsRefusedIfAnyByteOfItsHeadIsCutOff) {
  auto encoder = BatchEncoder::create();
  ASSERT_TRUE(encoder);
  Bytes room = with_room("");
  const Bytes message = bytes_of(encoder->encode(header_of(0), room));
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(parse_batch_header(std::span(message).first(size))) << size;
  }
  Bytes other = message;
  other[7] = std::byte{0x7f};  // a header of two gigabytes
  EXPECT_FALSE(parse_batch_header(other));
}

TEST(Batch, IsNotCompressedWhereThatDoesNotPay) {
  EXPECT_EQ(sections_to_leave(10, 100), 0U);
  EXPECT_LT(sections_to_leave(40, 100), sections_to_leave(60, 100));
  auto encoder = BatchEncoder::create();
  ASSERT_TRUE(encoder);
  std::string noise(200'000, '\0');
  std::uint64_t state = 88172645463325252;
  for (char& c : noise) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    c = static_cast<char>(state);
  }
  const auto is_packed = [&](const std::string& content) {
    Bytes section = with_room(content);
    const Bytes message = bytes_of(encoder->encode(header_of(0), section));
    const auto packed = parse_batch_header(message);
    auto unpacked = packed ? unpack_section(*packed, message) : Result<Bytes>(Error("no batch"));
    EXPECT_TRUE(unpacked && *unpacked == bytes_of(content));
    return packed && packed->is_packed;
  };
  const std::string text(200'000, 'y');
  EXPECT_TRUE(is_packed(text));
  EXPECT_TRUE(is_packed(text));
  EXPECT_FALSE(is_packed(noise));
  for (unsigned i = 0; i < sections_to_leave(100, 100); ++i) EXPECT_FALSE(is_packed(text)) << i;
  EXPECT_TRUE(is_packed(text));
  EXPECT_FALSE(is_packed(noise));
  EXPECT_TRUE(is_packed(text.substr(0, 1000)));  // of a capture with little to do
}

// A frame of zstd that claims to hold more than a batch may: four bytes of magic, then the size in eight.
TEST(Batch, DoesNotUnpackMoreThanABatchHolds) {
  auto encoder = BatchEncoder::create();
  ASSERT_TRUE(encoder);
  Bytes room = with_room(std::string(1000, 'x'));
  Bytes message = bytes_of(encoder->encode(header_of(0), room));
  auto packed = parse_batch_header(message);
  ASSERT_TRUE(packed && packed->is_packed);
  message.resize(packed->section_at);
  for (const unsigned byte : {0x28U, 0xb5U, 0x2fU, 0xfdU, 0xe0U, 0U, 0U, 0U, 0U, 1U, 0U, 0U, 0U, 1U, 0U, 0U}) {
    message.push_back(static_cast<std::byte>(byte));
  }
  EXPECT_FALSE(unpack_section(*packed, message));
}

TEST(Batch, NamesOfHostsAreSafeInSubjects) {
  EXPECT_EQ(subject_token("node-1_a"), "node-1_a");
  EXPECT_EQ(subject_token("a.b*>=c"), "a=2Eb=2A=3E=3Dc");
  EXPECT_NE(subject_token("=note"), "=note");
  EXPECT_TRUE(is_host_name("node.example"));
  for (const std::string name : {"", "a b", "a/b", "a*", "a\n", "\xc3\xa4"}) EXPECT_FALSE(is_host_name(name)) << name;
  EXPECT_TRUE(is_session_name(new_session_name()));
  EXPECT_NE(new_session_name(), new_session_name());
  EXPECT_FALSE(is_session_name("a.b"));
}

using Order = BatchOrder<int>;
Order::Numbered numbered(std::uint64_t number) {
  return {.number = number,
          .sequence = number + 1,
          .sent_before = number * 10,
          .packets = 10,
          .batch = static_cast<int>(number)};
}

TEST(BatchOrder, SortsAndDropsRepeats) {
  Order order;
  EXPECT_TRUE(order.put(numbered(2)));
  EXPECT_TRUE(order.put(numbered(1)));
  Order::Numbered repeat = numbered(2);
  repeat.sequence = 7;
  EXPECT_FALSE(order.put(repeat));
  EXPECT_FALSE(order.take());
  EXPECT_TRUE(order.put(numbered(0)));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(order.take()->batch, i);
  repeat = numbered(0);
  repeat.sequence = 8;
  EXPECT_FALSE(order.put(repeat));
  EXPECT_FALSE(order.take());
  EXPECT_EQ(order.repeats(), 2U);
  EXPECT_TRUE(order.missing().empty());
}

TEST(BatchOrder, NamesABatchThatCannotComeAnyMoreWithItsPackets) {
  Order order;
  order.put(numbered(0));
  EXPECT_EQ(order.take()->batch, 0);
  for (std::uint64_t i = 3; i < 1 + kBatchesUnderWay; ++i) order.put(numbered(i));
  EXPECT_FALSE(order.take());
  order.put(numbered(1 + kBatchesUnderWay));
  EXPECT_EQ(order.take()->batch, 3);
  ASSERT_EQ(order.missing().size(), 1U);
  EXPECT_EQ(order.missing()[0].first, 1U);
  EXPECT_EQ(order.missing()[0].last, 2U);
  EXPECT_EQ(order.missing()[0].packets, 20U);
}

TEST(BatchOrder, GivesWhatIsThereAtTheEnd) {
  Order order;
  order.put(numbered(5));
  EXPECT_FALSE(order.take());
  order.end();
  EXPECT_EQ(order.take()->batch, 5);
  EXPECT_EQ(order.missing()[0].packets, 50U);
}

// The stream was read to its end, with batch 1 left out; the others have the sequences from 1 on but for that.
TEST(BatchOrder, LooksForWhatIsMissingUntilItIsFound) {
  Order order;
  order.put(numbered(0));
  order.put(numbered(2));
  EXPECT_TRUE(order.take());
  EXPECT_EQ(order.search(4, true), Order::Search::kNone) << "it may still come";
  order.end();
  EXPECT_EQ(order.search(4, true), Order::Search::kNext);
  EXPECT_EQ(order.read_again(), 1U);
  EXPECT_EQ(order.search(1, false), Order::Search::kUnderWay);
  order.put(numbered(0));  // read again
  EXPECT_EQ(order.search(2, false), Order::Search::kUnderWay);
  order.put(numbered(1));
  EXPECT_EQ(order.search(3, false), Order::Search::kNone);
  EXPECT_EQ(order.take()->batch, 1);
  EXPECT_EQ(order.take()->batch, 2);
  EXPECT_TRUE(order.missing().empty());
  EXPECT_EQ(order.repeats(), 0U);
}

TEST(BatchOrder, LooksForWhatIsMissingSoOftenAndNoOftener) {
  Order order;
  order.put(numbered(2));
  order.put(numbered(5));
  order.end();
  for (const std::uint64_t first : {2, 5}) {
    for (unsigned i = 0; i < kMostReadings; ++i) {
      ASSERT_EQ(order.search(9, false), Order::Search::kNext) << i;
      order.read_again();
      EXPECT_EQ(order.search(1, false), Order::Search::kUnderWay);
      EXPECT_EQ(order.search(1, true), i + 1 < kMostReadings ? Order::Search::kNext : Order::Search::kOver)
          << "another copy, which ends sooner";
    }
    EXPECT_EQ(order.search(9, false), Order::Search::kOver);
    EXPECT_EQ(order.take()->number, first);
  }
  EXPECT_EQ(order.missing().size(), 2U);
}

// One that was sent again may be stored before others with lower numbers.
TEST(BatchOrder, ReadsAgainFromTheFirstOfThoseThatWereUnderWay) {
  Order order;
  for (std::uint64_t number = 0; number < kBatchesUnderWay + 3; ++number) {
    Order::Numbered one = numbered(number);
    if (number == 40) one.sequence = 2;
    order.put(one);
    EXPECT_TRUE(order.take());
  }
  EXPECT_EQ(order.read_again(), 2U);
}

// A file of two interfaces, the second of which comes after the first packet; one packet may have another size.
Bytes capture_of(std::size_t packets, std::size_t large = std::numeric_limits<std::size_t>::max(),
                 std::size_t size = 0) {
  const auto stored = std::make_shared<testing::Stored>();
  PcapngWriter out(std::make_unique<MemoryWriter>(stored), PcapngOptions{});
  Interface interface;
  interface.name = "eth0";
  EXPECT_TRUE(out.on_interface(interface));
  for (std::size_t i = 0; i < packets; ++i) {
    const Bytes data(i == large ? size : 100, std::byte{7});
    RecordView record;
    record.time_ns = 1'000 + i;
    record.data = data;
    record.wire_len = static_cast<std::uint32_t>(data.size());
    record.interface_id = i == 0 ? 0 : 1;
    record.lost_before = i == 2 ? 5 : 0;
    if (i == 1) {
      interface.name = "eth1";
      EXPECT_TRUE(out.on_interface(interface));
    }
    EXPECT_TRUE(out.on_record(record));
  }
  EXPECT_TRUE(out.finish());
  return stored->bytes;
}

// A stream as it comes through a SharedPipe.
class Stream {
 public:
  explicit Stream(std::span<const std::byte> bytes) : memory_(kFront) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  }
  // In pieces of this size; what is full is given to `on_full`.
  template <class OnFull>
  void feed(BatchBuilder& builder, std::size_t piece, std::size_t full, OnFull on_full) {
    while (end_ < memory_.size()) {
      end_ += std::min(piece, memory_.size() - end_);
      do {
        if (builder.is_full()) on_full();
        const auto looked = builder.look(waiting(), full, kFront);
        ASSERT_TRUE(looked) << looked.error().text();
      } while (builder.is_full());
    }
  }
  // What was taken before is overwritten, as by who writes the stream.
  BuiltSection take(BatchBuilder& builder) {
    std::fill(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(begin_), std::byte{0xee});
    BuiltSection built = builder.take(waiting());
    begin_ += built.used;
    return built;
  }

 private:
  static constexpr std::size_t kFront = 64 * 1024;
  std::span<std::byte> waiting() { return std::span(memory_).subspan(begin_, end_ - begin_); }
  Bytes memory_;
  std::size_t begin_ = kFront;
  std::size_t end_ = kFront;
};

TEST(BatchBuilder, MakesSectionsThatCanBeReadAlone) {
  constexpr std::size_t kPackets = 500;
  constexpr std::size_t kFull = 8192;
  const Bytes file = capture_of(kPackets);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{500}, std::size_t{100'000}}) {
    BatchBuilder builder;
    Stream stream(file);
    std::size_t sections = 0;
    std::size_t packets = 0;
    std::uint64_t lost = 0;
    std::uint64_t next_ns = 1'000;
    const auto check = [&] {
      const BuiltSection built = stream.take(builder);
      ++sections;
      packets += built.packets;
      lost += built.lost;
      EXPECT_LE(built.bytes().size(), kFull);
      auto reader = open_section(bytes_of(built.bytes()), "section");
      ASSERT_TRUE(reader);
      RecordingSink sink;
      const auto error = drain(**reader, sink);
      ASSERT_FALSE(error) << error->text();
      ASSERT_EQ(sink.records.size(), built.packets);
      for (const auto& record : sink.records) EXPECT_EQ(record.view.time_ns, next_ns++);
      EXPECT_EQ(built.last_ns, built.packets == 0 ? 0 : next_ns - 1);
    };
    stream.feed(builder, piece, kFull, check);
    EXPECT_TRUE(builder.has_looked_at_all());
    if (!builder.is_empty()) check();
    EXPECT_EQ(packets, kPackets);
    EXPECT_EQ(lost, 5U);
    EXPECT_GT(sections, file.size() / kFull);
    EXPECT_EQ(builder.interfaces(), 2U);
  }
}

TEST(BatchBuilder, GivesABlockThatIsTooLongASectionOfItsOwn) {
  constexpr std::size_t kFull = 8192;
  for (const auto& [size, piece] :
       {std::pair<std::size_t, std::size_t>{20'000, 13}, {20'000, 100'000}, {9'000, 100'000}}) {
    const Bytes file = capture_of(7, 3, size);
    BatchBuilder builder;
    Stream stream(file);
    std::vector<std::uint64_t> packets;
    const auto take = [&] {
      const BuiltSection built = stream.take(builder);
      packets.push_back(built.packets);
      EXPECT_EQ(built.bytes().size() > kFull, packets.size() == 2);
    };
    stream.feed(builder, piece, kFull, take);
    if (!builder.is_empty()) take();
    EXPECT_EQ(packets, (std::vector<std::uint64_t>{3, 1, 3})) << size << " in pieces of " << piece;
  }
}

void put_statistics(PcapngWriter& out, std::uint32_t interface, std::uint64_t seen, std::uint64_t at_ns) {
  InterfaceStatistics statistics;
  statistics.interface_id = interface;
  statistics.end_ns = at_ns;
  statistics.received = seen;
  statistics.filter_accepted = seen / 2;
  statistics.dropped = seen / 4;
  ASSERT_TRUE(out.on_statistics(statistics));
}

// What was written since, and all of it as a section.
BuiltSection take_all(BatchBuilder& builder, testing::Stored& stored, std::optional<Stream>& stream) {
  stream.emplace(std::exchange(stored.bytes, {}));
  stream->feed(builder, 100'000, 100'000, [] { FAIL(); });
  return stream->take(builder);
}

TEST(BatchBuilder, AddsUpTheCountersOfAllInterfacesAndKeepsTheirStatisticsForTheEnd) {
  const auto stored = std::make_shared<testing::Stored>();
  PcapngWriter out(std::make_unique<MemoryWriter>(stored), PcapngOptions{});
  Interface interface;
  interface.name = "eth0";
  ASSERT_TRUE(out.on_interface(interface));
  interface.name = "eth1";
  ASSERT_TRUE(out.on_interface(interface));
  BatchBuilder builder;
  put_statistics(out, 0, 100, 5'000'000'000);
  put_statistics(out, 1, 40, 5'000'000'001);
  std::optional<Stream> stream;
  const BuiltSection none = take_all(builder, *stored, stream);
  const HostCounters first{.seen = 140, .matched = 70, .ring = 35, .at_ns = 5'000'000'001};
  EXPECT_TRUE(none.bytes().empty());
  EXPECT_EQ(none.before, HostCounters{});
  EXPECT_EQ(none.after, first);
  RecordView record;
  record.time_ns = 6'000'000'000;
  ASSERT_TRUE(out.on_record(record));
  put_statistics(out, 1, 60, 7'000'000'000);
  const BuiltSection one = take_all(builder, *stored, stream);
  EXPECT_EQ(one.packets, 1U);
  EXPECT_EQ(one.before, first);
  EXPECT_EQ(one.after, (HostCounters{.seen = 160, .matched = 80, .ring = 40, .at_ns = 7'000'000'000}));
  EXPECT_EQ(counted_between(one.before, one.after).seen, 20U);
  // In two sections, since both do not fit into one.
  std::vector<std::uint64_t> received;
  for (;;) {
    const BuiltSection rest = builder.take_statistics(100);
    if (rest.message.empty()) break;
    auto reader = open_section(bytes_of(rest.bytes()), "section");
    ASSERT_TRUE(reader);
    RecordingSink sink;
    ASSERT_FALSE(drain(**reader, sink));
    EXPECT_TRUE(sink.records.empty());
    const auto statistics = (*reader)->statistics();
    ASSERT_TRUE(statistics);
    for (const auto& each : *statistics) received.push_back(each.received);
  }
  std::erase(received, 0);  // of the interface that the section does not tell of
  EXPECT_EQ(received, (std::vector<std::uint64_t>{100, 60}));
}

TEST(BatchBuilder, RefusesWhatIsNotPcapng) {
  BatchBuilder builder;
  Bytes text = bytes_of("ringtap: something went wrong");
  EXPECT_FALSE(builder.look(text, 600, 600));
}

TEST(SectionReader, UnpacksNothing) {
  EXPECT_FALSE(open_section(bytes_of("\x1f\x8b gzip"), "section"));
  EXPECT_FALSE(open_section({}, "section"));
}

TEST(Stream, ReadsWhereAMessageStands) {
  const auto place = place_of("$JS.ACK.S.C.1.17.3.1700000000.5");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->consumer, "C");
  EXPECT_EQ(place->sequence, 17U);
  EXPECT_EQ(place->delivery, 3U);
  EXPECT_EQ(place->pending, 5U);
  const auto later = place_of("$JS.ACK._.hash.S.C.1.18.3.1700000000.6.random");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->consumer, "C");
  EXPECT_EQ(later->sequence, 18U);
  EXPECT_EQ(later->delivery, 3U);
  EXPECT_EQ(later->pending, 6U);
  for (const char* const reply : {"", "$JS.ACK", "_INBOX.a.b", "$JS.ACK.S.C.1.x.3.4.5"}) EXPECT_FALSE(place_of(reply));
}

// A consumer's messages from the first on; `place` makes one of them.
class SubjectReaderTest : public ::testing::Test {
 protected:
  static StreamPlace place(const char* consumer, std::uint64_t delivery, std::uint64_t sequence,
                           std::uint64_t pending) {
    return {.consumer = consumer, .delivery = delivery, .sequence = sequence, .pending = pending};
  }
  SubjectReader reader_{"session", "subject", "inbox"};
  SubjectReader::Clock::time_point now_{};
};

TEST_F(SubjectReaderTest, IsCaughtUpWhenNothingIsPending) {
  reader_.on_consumer({.name = "C", .pending = 2});
  EXPECT_FALSE(reader_.is_caught_up());
  reader_.on_message(place("C", 1, 4, 1), now_);
  EXPECT_FALSE(reader_.is_caught_up());
  reader_.on_message(place("C", 2, 9, 0), now_);
  EXPECT_TRUE(reader_.is_caught_up());
  reader_.on_status(408, "C", now_);
  EXPECT_TRUE(reader_.is_caught_up());
  EXPECT_EQ(reader_.unread(), 0U);
  EXPECT_TRUE(reader_.has_consumer());
  EXPECT_EQ(reader_.next_sequence(), 10U);
}

TEST_F(SubjectReaderTest, ReadsAgainFromWhatWasLostOnItsWay) {
  reader_.on_consumer({.name = "C", .pending = 4});
  reader_.on_message(place("C", 1, 4, 3), now_);
  reader_.on_message(place("C", 3, 6, 1), now_);
  EXPECT_FALSE(reader_.has_consumer());
  EXPECT_EQ(reader_.next_sequence(), 5U);
  reader_.on_consumer({.name = "D", .pending = 3});
  reader_.on_message(place("C", 4, 7, 0), now_);  // the one that was given up
  EXPECT_FALSE(reader_.is_caught_up());
  for (const std::uint64_t i : {1, 2, 3}) reader_.on_message(place("D", i, 4 + i, 3 - i), now_);
  EXPECT_TRUE(reader_.is_caught_up());
  EXPECT_EQ(reader_.next_sequence(), 8U);
}

// A server that was started again has a consumer of the same name, which begins again.
TEST_F(SubjectReaderTest, ReadsAgainWhereAConsumerHasForgottenWhatItSent) {
  reader_.on_consumer({.name = "C", .pending = 3});
  reader_.on_message(place("C", 1, 4, 2), now_);
  reader_.on_message(place("C", 2, 5, 1), now_);
  reader_.on_message(place("C", 1, 4, 2), now_);
  EXPECT_FALSE(reader_.has_consumer());
  EXPECT_EQ(reader_.next_sequence(), 6U);
}

TEST_F(SubjectReaderTest, TakesNothingForTheEndWhileSomethingIsPending) {
  reader_.on_consumer({.name = "C", .pending = 2});
  reader_.on_message(place("C", 1, 4, 1), now_);
  reader_.on_status(404, "B", now_);  // another's
  EXPECT_TRUE(reader_.has_consumer());
  for (const char* const consumer : {"C", "D", "E"}) {
    if (!reader_.has_consumer()) reader_.on_consumer({.name = consumer, .pending = 1});
    reader_.on_status(408, consumer, now_);
    EXPECT_FALSE(reader_.is_caught_up());
    EXPECT_FALSE(reader_.has_consumer()) << consumer;
  }
  // What servers promise and cannot read is not waited for forever.
  reader_.on_consumer({.name = "F", .pending = 1});
  EXPECT_EQ(reader_.unread(), 0U);
  reader_.on_status(408, "F", now_);
  EXPECT_TRUE(reader_.is_caught_up());
  EXPECT_EQ(reader_.unread(), 1U);
  EXPECT_EQ(reader_.next_sequence(), 5U);
}

TEST_F(SubjectReaderTest, ReadsOnWithAnotherConsumerWhereOneIsGone) {
  reader_.on_consumer({.name = "C", .pending = 0});
  reader_.on_status(503, "C", now_);
  EXPECT_FALSE(reader_.has_consumer());
  EXPECT_FALSE(reader_.is_caught_up());
}

TEST(Stream, FindsMembersOfJson) {
  const std::string json = R"({"error":{"code":503,"description":"no suitable peers"},"seq": 12})";
  EXPECT_EQ(json_member(json, "description"), "no suitable peers");
  EXPECT_EQ(json_member(json, "seq"), "12");
  EXPECT_EQ(json_member(json, "name"), "");
  EXPECT_EQ(json_member("{\"name\":", "name"), "");
}

TEST(SpillFile, GivesBackAtOnceWhatWasTakenAndKeepsToItsLimit) {
  auto file = SpillFile::create(::testing::TempDir(), 12 * 1024);
  ASSERT_TRUE(file) << file.error().text();
  const Bytes one(5000, std::byte{1});
  const Bytes other(4096, std::byte{2});
  auto first = file->append(one);
  auto second = file->append(other);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(file->used(), 12 * 1024U);
  const auto refused = file->append(other);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("--spill-size"), std::string::npos) << refused.error().text();
  EXPECT_EQ(*file->read(*first, one.size()), one);
  file->give_back(*first, one.size());
  EXPECT_EQ(*file->read(*second, other.size()), other);
  if (file->used() == 4096) {  // a file system with holes
    auto third = file->append(one);
    ASSERT_TRUE(third) << third.error().text();
    EXPECT_EQ(*file->read(*third, one.size()), one);
    EXPECT_EQ(*file->read(*second, other.size()), other);
    file->give_back(*third, one.size());
  }
  file->give_back(*second, other.size());
  EXPECT_EQ(file->used(), 0U);
  EXPECT_EQ(*file->append(one), 0U);
}

// "go", sent at 1,000,000 s with a lead of 0.3 s, and what becomes of it at a host.
constexpr std::uint64_t kSent = 1'000'000'000'000'000;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kMoment = kSent + 300 * kMillisecond;
const ClockQuality kGood{.source = kSynchronised, .error_ns = 5 * kMillisecond};
const ClockQuality kBad{.source = kUnsynchronised, .error_ns = 16'000 * kMillisecond};

void expect_opening(const ClockQuality& sender, const char* boot, const ClockQuality& clock, std::uint64_t now_ns,
                    const Opening& expected) {
  const auto go = Fields::parse(go_request("s", kSent, "kernel", sender).encode());
  ASSERT_TRUE(go);
  const Opening opening = opening_of(*go, boot, clock, now_ns);
  EXPECT_EQ(opening.at_ns, expected.at_ns);
  EXPECT_EQ(opening.is_common, expected.is_common);
}

TEST(Opening, IsAtTheCommonMomentWhereTheClocksAllowIt) {
  const std::uint64_t now = kSent + 20 * kMillisecond;
  expect_opening(kBad, "kernel", kBad, now, {kMoment, true});
  expect_opening(kGood, "other", kGood, now, {kMoment, true});
  // Behind by no more than both state, and a message that comes after the moment.
  expect_opening(kGood, "other", kGood, kSent - 10 * kMillisecond, {kMoment, true});
  expect_opening(kGood, "other", kGood, kMoment + 1, {kMoment, true});
}

TEST(Opening, IsALeadAfterTheMessageWhereTheyDoNot) {
  const std::uint64_t now = kSent + 20 * kMillisecond;
  const Opening later{.at_ns = now + 300 * kMillisecond, .is_common = false};
  expect_opening(kBad, "other", kGood, now, later);
  expect_opening(kGood, "other", kBad, now, later);
  // An hour behind, though both claim to be synchronised.
  const std::uint64_t behind = kSent - 3'600'000 * kMillisecond;
  expect_opening(kGood, "other", kGood, behind, {behind + 300 * kMillisecond, false});
  expect_opening(kGood, "kernel", kGood, behind, {behind + 300 * kMillisecond, false});
}

// Of a stranger, or of a ringtap that names no moment.
TEST(Opening, IsNeverFarAhead) {
  const Fields none = Fields().add("request", "go");
  EXPECT_EQ(opening_of(none, "b", kGood, kSent).at_ns, kSent);
  const Fields far = Fields()
                         .add("moment", ~std::uint64_t{0})
                         .add("lead", ~std::uint64_t{0})
                         .add("boot", "b")
                         .add("clock", kSynchronised)
                         .add("clock_error", ~std::uint64_t{0});
  EXPECT_EQ(opening_of(far, "b", kGood, kSent).at_ns, kSent + 10'000 * kMillisecond);
  EXPECT_EQ(opening_of(far, "c", kGood, kSent).at_ns, kSent + 10'000 * kMillisecond);
}

// As on NFS. The child's exit code says what was wrong first.
int spill_without_tmpfile(const std::string& folder) {
  testing::make_call_fail_with_flag(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
  if (::open(folder.c_str(), O_TMPFILE | O_RDWR, 0600) >= 0 || errno != EOPNOTSUPP) return 2;
  auto file = SpillFile::create(folder, 12 * 1024);
  if (!file) return 3;
  const Bytes one(5000, std::byte{1});
  const auto at = file->append(one);
  if (!at || *file->read(*at, one.size()) != one) return 4;
  return std::filesystem::is_empty(folder) ? 0 : 5;
}

TEST(SpillFile, HasNoNameWhereTheFileSystemCannotMakeOneWithout) {
  const std::string folder = ::testing::TempDir() + "ringtap-spill-" + std::to_string(::getpid());
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(spill_without_tmpfile(folder));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(std::filesystem::remove(folder));
}

TEST(SpillFile, NamesTheFolder) {
  const auto file = SpillFile::create("/nowhere", 4096);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().text().find("--spill /nowhere"), std::string::npos) << file.error().text();
}

TEST(Nkey, ComputesThePublicKeyOfASeed) {
  const auto made = new_nkey();
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->seed.size(), 58U);
  EXPECT_TRUE(made->seed.starts_with("SU"));
  EXPECT_EQ(made->public_key.size(), 56U);
  EXPECT_TRUE(made->public_key.starts_with("U"));
  const auto read = parse_nkey("# " + made->public_key + "\n" + made->seed + "\n");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->public_key, made->public_key);
  // One public key in twenty has the beginning of a seed in it.
  const auto other = parse_nkey("# UASUBCDEFG SUMMER\n" + made->seed);
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ(other->public_key, made->public_key);
  std::string damaged = made->seed;
  damaged[20] = damaged[20] == 'A' ? 'B' : 'A';
  const auto refused = parse_nkey(damaged);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find(damaged), std::string::npos);
}

}  // namespace
}  // namespace ringtap
