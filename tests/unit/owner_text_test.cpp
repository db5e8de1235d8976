// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Owners of packets in files: as words, and written by one file and read from it.
#include "record/owner_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "file/capture_reader.hpp"
#include "file/pcapng_writer.hpp"
#include "support/memory_source.hpp"
#include "support/memory_writer.hpp"
#include "support/recording_sink.hpp"

namespace ringtap {
namespace {

using testing::MemorySource;
using testing::MemoryWriter;
using testing::RecordingSink;
using testing::Stored;

constexpr std::uint64_t kCurl = std::uint64_t{1234567} << kPidBits | 4711;
constexpr std::uint64_t kServer = std::uint64_t{1234000} << kPidBits | 812;

Process process(std::uint64_t key, std::string comm) {
  Process made{.key = key, .pid = pid_of(key), .netns = 4026531840, .cgroup = 4242, .comm = std::move(comm)};
  make_texts(made);
  return made;
}

TEST(ProcessWords, GiveBackWhatTheyWereMadeOf) {
  Process made = process(kCurl, "a b=c%\n\xff");
  made.netns_name = "web";
  made.cgroup_path = "/machine.slice/x y.scope";
  made.runtime = "podman";
  made.container = std::string(64, 'a');
  made.container_name = "web-1";
  made.pod = "shop/web-6f";
  std::string words;
  append_process_words(words, made);
  EXPECT_EQ(words.find('\n'), std::string::npos);
  const Process read = read_process_words(words);
  EXPECT_EQ(read.key, kCurl);
  EXPECT_EQ(read.pid, 4711U);
  EXPECT_EQ(read.netns, made.netns);
  EXPECT_EQ(read.cgroup, made.cgroup);
  for (const auto text : {&Process::comm, &Process::netns_name, &Process::cgroup_path, &Process::runtime,
                          &Process::container, &Process::container_name, &Process::pod}) {
    EXPECT_EQ(read.*text, made.*text);
  }
  EXPECT_EQ(read_process_words("comm=x unknown=1 process").key, 0U);
}

TEST(ProcessTexts, ArePlainAndHaveWhatIsKnown) {
  Process made = process(kCurl, "e\x1b[2Jvil");
  EXPECT_EQ(made.name_text, "e\\x1b[2Jvil 4711");
  EXPECT_EQ(made.place_text, "");
  made.container = std::string(64, 'a');
  made.pod = "shop/web-6f";
  made.netns_name = "web";
  make_texts(made);
  EXPECT_EQ(made.place_text, ", container aaaaaaaaaaaa, pod shop/web-6f, netns web");
  made.container_name = "web-1";
  make_texts(made);
  EXPECT_EQ(made.place_text, ", container web-1, pod shop/web-6f, netns web");
}

TEST(OwnerWords, GiveBackEveryKind) {
  for (std::size_t kind = 0; kind < kOwnerKindNames.size(); ++kind) {
    Owners made;
    made.sender.kind = static_cast<OwnerKind>(kind);
    if (names_process(made.sender.kind)) {
      made.sender.key = kCurl;
      made.sender.uid = 1000;
      made.sender.thread = kind % 2 == 0 ? 4712 : 0;
      made.sender.shared = kind % 3 == 0 ? 4 : 0;
    }
    made.receiver.kind = OwnerKind::kUnknown;
    std::string words;
    append_owner_words(words, made);
    const Owners read = read_owner_words(words);
    EXPECT_EQ(read.sender.kind, made.sender.kind) << words;
    EXPECT_EQ(read.sender.key, made.sender.key) << words;
    EXPECT_EQ(read.sender.uid, made.sender.uid) << words;
    EXPECT_EQ(read.sender.thread, made.sender.thread) << words;
    EXPECT_EQ(read.sender.shared, made.sender.shared) << words;
    EXPECT_EQ(read.receiver.kind, OwnerKind::kUnknown) << words;
  }
  EXPECT_EQ(read_owner_words("from=nobody,1 to").sender.kind, OwnerKind::kNotAsked);
}

std::size_t count_of(const std::vector<std::byte>& bytes, std::string_view text) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t count = 0;
  for (std::size_t at = all.find(text); at != std::string_view::npos; at = all.find(text, at + 1)) ++count;
  return count;
}

TEST(PcapngFile, DescribesEachProcessOnceAndAgainWhenItChanges) {
  auto stored = std::make_shared<Stored>();
  PcapngWriter writer(std::make_unique<MemoryWriter>(stored), {});
  ASSERT_TRUE(writer.on_interface({.name = "eth0"}));
  const std::array<std::byte, 20> data{};
  RecordView record{.data = data, .wire_len = 20};
  Owners owners;
  record.owners = &owners;
  owners.sender = {.kind = OwnerKind::kSender, .key = kCurl, .thread = 4712, .uid = 1000};
  owners.sender.process = std::make_shared<const Process>(process(kCurl, "curl"));
  ASSERT_TRUE(writer.on_record(record));
  ASSERT_TRUE(writer.on_record(record));
  owners.receiver = {.kind = OwnerKind::kListener, .key = kServer};
  owners.receiver.process = std::make_shared<const Process>(process(kServer, "nginx"));
  ASSERT_TRUE(writer.on_record(record));
  owners.sender.process = std::make_shared<const Process>(process(kCurl, "renamed"));
  ASSERT_TRUE(writer.on_record(record));
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(count_of(stored->bytes, "comm=curl"), 1U);
  EXPECT_EQ(count_of(stored->bytes, "process 4711: curl"), 1U);
  EXPECT_EQ(count_of(stored->bytes, "comm=nginx"), 1U);
  EXPECT_EQ(count_of(stored->bytes, "comm=renamed"), 1U);

  CaptureReader reader(std::make_unique<MemorySource>(stored->bytes), "file");
  RecordingSink read;
  ASSERT_FALSE(testing::drain(reader, read));
  ASSERT_EQ(read.records.size(), 4U);
  for (const auto& kept : read.records) {
    ASSERT_NE(kept.view.owners, nullptr);
    EXPECT_EQ(kept.view.extras, nullptr);  // the process and thread of option 8 are said by the owners
  }
  const auto owners_of = [&](std::size_t i) -> const Owners& { return *read.records[i].view.owners; };
  EXPECT_EQ(owners_of(1).sender.process->name_text, "curl 4711");
  EXPECT_EQ(owners_of(1).sender.thread, 4712U);
  EXPECT_EQ(owners_of(1).receiver.kind, OwnerKind::kNotAsked);
  EXPECT_EQ(owners_of(2).receiver.process->name_text, "nginx 812");
  EXPECT_EQ(owners_of(3).sender.process->comm, "renamed");

  // Written once more, nothing is said twice.
  auto again = std::make_shared<Stored>();
  PcapngWriter second(std::make_unique<MemoryWriter>(again), {});
  ASSERT_TRUE(second.on_interface({.name = "eth0"}));
  CaptureReader source(std::make_unique<MemorySource>(stored->bytes), "file");
  for (;;) {
    auto state = source.turn(second, UINT64_MAX, std::chrono::hours(1));
    ASSERT_TRUE(state);
    if (*state == SourceState::kEnd) break;
  }
  EXPECT_EQ(count_of(again->bytes, "process 4711: curl"), 1U);
  EXPECT_EQ(count_of(again->bytes, "comm=curl"), 1U);
}

}  // namespace
}  // namespace ringtap
