// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What nftables' rules and policies decide about packets, from the kernel's own trace of them. Tables of our own mark
// the packets that match ahead of everybody's chains (`meta nftrace set 1`) and decide nothing themselves; other rules
// are neither changed nor counted. The tables have an owner (Linux 5.12): the kernel removes them when the socket that
// made them closes, so with this object or with the process, however it ends.
//
// Owns that socket and the one that reads. One thread. drain() never waits for packets; it asks for the text of a chain
// when it meets it first. Rules of iptables-legacy are no part of nf_tables and leave no trace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "filter/classic_program.hpp"
#include "filter/nft_rules.hpp"
#include "kernel/nft_chains.hpp"
#include "ringtap/result.hpp"
#include "ringtap/rule_verdict.hpp"

struct mnl_socket;
struct nlmsghdr;

namespace ringtap {

struct NftTraceOptions {
  // Devices whose packets are marked, and with them what is stacked on them (bridges, VLANs, bonds). Empty: all.
  std::vector<std::string> interfaces;
  // Mark what any of these accepts, see nft_rules(): a little more may be marked, never less. Empty: every packet.
  std::vector<ClassicProgram> programs;
  int receive_buffer = 64 << 20;  // bytes, some 50,000 messages; memory is taken only by those that wait
};

struct NftTraceStatistics {
  std::uint64_t messages = 0;  // trace messages that were read
  std::uint64_t verdicts = 0;  // decisions among them
  std::uint64_t lost = 0;      // messages that found the socket's buffer full; their packets miss decisions
};

class NftTrace {
 public:
  // An Error says which is missing: privileges, nf_tables, or owned tables.
  static Result<NftTrace> start(const NftTraceOptions& options);
  NftTrace(NftTrace&&) noexcept = default;
  NftTrace& operator=(NftTrace&&) noexcept = default;

  [[nodiscard]] int fd() const;  // readable: drain() has something to do
  // Hands over decisions that are waiting, those of a bounded number of messages: while it returns true there may be
  // more, so that a flood of them does not hold up a capture.
  Result<bool> drain(const std::function<void(const RuleVerdict&)>& handler);

  [[nodiscard]] NftTraceStatistics statistics() const;
  // "table ringtap_0f3a52c1, every packet": what was marked and where.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  struct Close {
    void operator()(mnl_socket* socket) const noexcept;
  };
  using Socket = std::unique_ptr<mnl_socket, Close>;

  // A packet in a base chain: the kernel tells its bytes and devices with the first message only.
  struct Pass {
    std::array<std::byte, 60> bytes{};
    std::size_t size = 0;
    std::uint32_t in_ifindex = 0;
    std::uint32_t out_ifindex = 0;
    std::string hook;
  };

  NftTrace(Socket socket, NftChains chains) : socket_(std::move(socket)), chains_(std::move(chains)) {}
  static Result<Socket> open_socket(const std::string& table, int receive_buffer);
  Result<> make_tables(const NftTraceOptions& options, const std::string& table);
  void read_message(const nlmsghdr* message, std::uint64_t now, const std::function<void(const RuleVerdict&)>& handler);

  Socket socket_;
  NftChains chains_;
  NftContext owner_;                                // its socket owns the tables; nothing but their making goes over it
  std::unordered_map<std::uint32_t, Pass> passes_;  // by trace id
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{1} << 16);
  NftTraceStatistics statistics_;
  std::string description_;
};

}  // namespace ringtap
