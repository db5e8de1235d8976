// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// From what the kernel side tells of processes to the owners of a record.
#include "live/owner_table.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string_view>

namespace ringtap {
namespace {

constexpr std::uint64_t kFirst = std::uint64_t{7} << 40 | 100;
constexpr std::uint64_t kReused = std::uint64_t{9} << 40 | 100;

ringtap_process told(std::uint64_t process, std::uint64_t time_ns, std::string_view comm) {
  ringtap_process about{};
  about.process = process;
  about.monotonic_ns = time_ns;
  comm.copy(about.comm, sizeof about.comm);
  return about;
}

ringtap_process ended(std::uint64_t process, std::uint64_t time_ns) {
  ringtap_process about{};
  about.process = process;
  about.monotonic_ns = time_ns;
  about.flags = RINGTAP_PROCESS_EXITED;
  return about;
}

ringtap_owners from(ringtap_owner_kind kind, std::uint64_t process) {
  ringtap_owners owners{};
  owners.sender.kind = kind;
  owners.sender.process = process;
  return owners;
}

struct Rig {
  std::map<std::uint64_t, ringtap_process> in_map;
  std::vector<ringtap_process> in_ring;
  OwnerTable table{{.read =
                        [this] {
                          for (const ringtap_process& about : in_ring) table.take(about);
                          in_ring.clear();
                        },
                    .find = [this](std::uint64_t process) -> std::optional<ringtap_process> {
                      const auto found = in_map.find(process);
                      return found == in_map.end() ? std::nullopt : std::optional(found->second);
                    },
                    .complete = nullptr}};

  std::string name(ringtap_owner_kind kind, std::uint64_t process, std::uint64_t time_ns) {
    const ringtap_owners owners = from(kind, process);
    const Owner& sender = table.of(&owners, time_ns).sender;
    if (!names_process(sender.kind)) return "?";
    return sender.process == nullptr ? "nameless" : sender.process->name_text;
  }
};

TEST(OwnerTable, NamesAProcessAsItWasCalledThen) {
  Rig rig;
  rig.table.take(told(kFirst, 1000, "sh"));
  rig.table.take(told(kFirst, 3000, "later"));
  rig.table.take(told(kFirst, 2000, "curl"));  // from another CPU
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 900), "sh 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 1500), "sh 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 2000), "curl 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 9000), "later 100");
}

TEST(OwnerTable, TellsAReusedPidFromItsPredecessor) {
  Rig rig;
  rig.table.take(told(kFirst, 1000, "old"));
  rig.table.take(ended(kFirst, 2000));
  rig.table.take(told(kReused, 3000, "new"));
  EXPECT_EQ(rig.name(RINGTAP_OWNER_CLOSED, kFirst, 4000), "old 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kReused, 4000), "new 100");
}

// The socket is not closed, so somebody has it, and it is not known who.
TEST(OwnerTable, NamesNobodyForASocketWhoseLastUserIsGone) {
  Rig rig;
  rig.table.take(told(kFirst, 1000, "gone"));
  rig.table.take(ended(kFirst, 2000));
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 1999), "gone 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 2000), "?");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_LISTENER, kFirst, 2000), "?");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_CLOSED, kFirst, 2000), "gone 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kFirst, 2000), "gone 100");
}

TEST(OwnerTable, FindsWhatWasToldMeanwhileOrWhoseTellingWasLost) {
  Rig rig;
  rig.in_ring.push_back(told(kFirst, 1000, "ring"));
  rig.in_map[kReused] = told(kReused, 1000, "map");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kFirst, 1500), "ring 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kReused, 1500), "map 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kFirst + 1, 1500), "nameless");
}

TEST(OwnerTable, CountsTheRecordsOfWhichNoEndIsKnown) {
  Rig rig;
  rig.table.take(told(kFirst, 1000, "x"));
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SENDER, kFirst, 1500), "x 100");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_KERNEL, 0, 1500), "?");
  EXPECT_EQ(rig.table.unattributed(), 0U);
  EXPECT_EQ(rig.name(RINGTAP_OWNER_UNKNOWN, 0, 1500), "?");
  (void)rig.table.of(nullptr, 1500);
  EXPECT_EQ(rig.table.unattributed(), 2U);
}

TEST(OwnerTable, ForgetsProcessesThatEndedLongAgo) {
  Rig rig;
  rig.table.take(told(kFirst, 1, "lives"));
  for (std::uint64_t i = 1; i < OwnerTable::kMostKnown; ++i) {
    rig.table.take(told(kFirst + (i << RINGTAP_PID_BITS), i, "x"));
    rig.table.take(ended(kFirst + (i << RINGTAP_PID_BITS), i));
  }
  for (std::uint64_t i = 0; i <= OwnerTable::kMostKnown / 4; ++i) {
    rig.table.take(told(kReused + (i << 40U), OwnerTable::kForgetNs * 2, "new"));
  }
  EXPECT_EQ(rig.name(RINGTAP_OWNER_CLOSED, kFirst + (std::uint64_t{1} << RINGTAP_PID_BITS), 5), "nameless");
  EXPECT_EQ(rig.name(RINGTAP_OWNER_SOCKET, kFirst, 5), "lives 100");
}

}  // namespace
}  // namespace ringtap
