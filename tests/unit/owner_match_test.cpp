// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Packets of a file whose owners are chosen: which fit, and that the index of a recording never rules out one that
// does.
#include "record/owner_match.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "record/packet_selection.hpp"
#include "recorder/index_condition.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Ethernet;
using testing::Ipv4;
using testing::Udp;

Owner owner(OwnerKind kind, const Process& process, std::uint32_t uid) {
  return {.kind = kind, .key = process.key, .uid = uid, .process = std::make_shared<const Process>(process)};
}

Process web() {
  return {.key = 5ULL << kPidBits | 812,
          .pid = 812,
          .comm = "nginx",
          .cgroup_path = "/kubepods/pod1/ctr",
          .container = "0123456789abcdef",
          .container_name = "web-1",
          .pod = "shop/web-6f"};
}

const Owners kToWeb{.sender = {}, .receiver = owner(OwnerKind::kListener, web(), 101)};
const Owners kUnknown{.sender = {.kind = OwnerKind::kUnknown}, .receiver = {}};
const Owners kKernel{.sender = {.kind = OwnerKind::kKernel}, .receiver = {}};

struct Case {
  const char* what;
  OwnerSelection of;
  bool fits;
};

std::vector<Case> cases() {
  const auto make = [](const std::function<void(OwnerSelection&)>& set) {
    OwnerSelection of;
    set(of);
    return of;
  };
  return {
      {"pid", make([](auto& of) {
         of.pids = {1, 812};
       }),
       true},
      {"other pid", make([](auto& of) { of.pids = {813}; }), false},
      {"uid", make([](auto& of) { of.uids = {101}; }), true},
      {"other uid", make([](auto& of) { of.uids = {0}; }), false},
      {"name", make([](auto& of) { of.names = {"nginx"}; }), true},
      {"other name", make([](auto& of) { of.names = {"ngin"}; }), false},
      {"cgroup", make([](auto& of) { of.cgroups = {"/kubepods/pod1/ctr"}; }), true},
      {"cgroup above", make([](auto& of) { of.cgroups = {"/kubepods/"}; }), true},
      {"every cgroup", make([](auto& of) { of.cgroups = {"/"}; }), true},
      {"a cgroup with the same beginning", make([](auto& of) { of.cgroups = {"/kubepods/pod"}; }), false},
      {"container", make([](auto& of) { of.containers = {"web-1"}; }), true},
      {"beginning of the id", make([](auto& of) { of.containers = {"0123"}; }), true},
      {"longer beginning", make([](auto& of) { of.containers = {"0123456789"}; }), true},
      {"too short a beginning", make([](auto& of) { of.containers = {"012"}; }), false},
      {"another id", make([](auto& of) { of.containers = {"0124"}; }), false},
      {"pod", make([](auto& of) { of.pods = {"shop/web-6f"}; }), true},
      {"another pod", make([](auto& of) { of.pods = {"shop/web"}; }), false},
      {"both", make([](auto& of) {
         of.pids = {812};
         of.uids = {101};
       }),
       true},
      {"one of both", make([](auto& of) {
         of.pids = {812};
         of.uids = {0};
       }),
       false},
  };
}

TEST(OwnerMatch, IsOfTheProcessAtEitherEnd) {
  const Owners from_web{.sender = kToWeb.receiver, .receiver = {}};
  for (const Case& one : cases()) {
    const OwnerMatch expected = one.fits ? OwnerMatch::kYes : OwnerMatch::kNo;
    EXPECT_EQ(match_owners(one.of, &kToWeb), expected) << one.what;
    EXPECT_EQ(match_owners(one.of, &from_web), expected) << one.what;
    EXPECT_EQ(match_owners(one.of, &kUnknown), OwnerMatch::kUnknown) << one.what;
    EXPECT_EQ(match_owners(one.of, &kKernel), OwnerMatch::kNo) << one.what;
    EXPECT_EQ(match_owners(one.of, nullptr), OwnerMatch::kUnknown) << one.what;
  }
}

TEST(OwnerMatch, CountsPacketsThatMayBeTheirs) {
  ::ringtap::FileSelection wanted;
  wanted.of.pids = {812};
  PacketSelection selection(wanted);
  EXPECT_TRUE(selection.matches({.owners = &kToWeb}));
  EXPECT_FALSE(selection.matches({.owners = &kUnknown}));
  EXPECT_FALSE(selection.matches({}));
  EXPECT_FALSE(selection.matches({.owners = &kKernel}));
  EXPECT_EQ(selection.without_owner(), 2U);
}

// The index of a frame with one packet.
bool may_match(const Owners* owners, const IndexCondition& condition) {
  const auto packet = (Ethernet{} / Ipv4{} / Udp{}).bytes();
  FrameIndexer indexer;
  indexer.add({.data = packet, .owners = owners}, LinkType::kEthernet);
  const auto header = index_file_header();
  std::vector<std::byte> file(header.begin(), header.end());
  const auto entry = indexer.finish(0, 1, 1);
  file.insert(file.end(), entry.begin(), entry.end());
  IndexReader reader(file);
  return reader.next() == IndexReader::State::kEntry && condition.may_match(reader.entry());
}

TEST(OwnerMatch, IsNeverRuledOutByTheIndexAndMostOthersAre) {
  unsigned ruled_out = 0;
  unsigned misfits = 0;
  for (const Case& one : cases()) {
    const IndexCondition condition = IndexCondition::of(one.of);
    const bool may = may_match(&kToWeb, condition);
    if (one.fits) {
      EXPECT_TRUE(may) << one.what;
    } else {
      ++misfits;
      ruled_out += may ? 0 : 1;
    }
  }
  EXPECT_GE(ruled_out + 2, misfits);  // an absent key hits some filters by chance
  OwnerSelection of;
  of.pids = {812};
  EXPECT_FALSE(may_match(nullptr, IndexCondition::of(of)));
}

// What an earlier version wrote says nothing of owners, and is read.
TEST(OwnerMatch, ReadsFramesWhoseIndexKnowsNoOwners) {
  OwnerSelection of;
  of.pids = {812};
  const std::vector<std::byte> bloom(8);
  FrameEntry entry;
  entry.packets = 1;
  entry.hashes = 3;
  entry.bloom = bloom;
  EXPECT_TRUE(IndexCondition::of(of).may_match(entry));
  entry.flags = kHasOwners;
  EXPECT_FALSE(IndexCondition::of(of).may_match(entry));
}

}  // namespace
}  // namespace ringtap
