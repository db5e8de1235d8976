// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Tables of ours that switch nftables' trace on for packets that match (`meta nftrace set 1`), ahead of everybody's
// chains, and decide nothing. They have an owner (Linux 5.12): the kernel removes them when the socket that made them
// closes, so with this object or with the process, however it ends. Owns that socket. Any thread.
#pragma once

#include <string>
#include <vector>

#include "filter/classic_program.hpp"
#include "nft/nft_context.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct NftTraceOptions {
  // Devices whose packets are marked, and with them what is stacked on them (bridges, VLANs, bonds). Empty: all.
  std::vector<std::string> interfaces;
  // Mark packets that any of these accepts, see nft_rules(): a few more may be marked, never fewer. Empty: every
  // packet.
  std::vector<ClassicProgram> programs;
  int receive_buffer = 64 << 20;  // bytes, some 50,000 messages; memory is taken only by those that wait
};

class NftTables {
 public:
  // One of the inet family and, where the kernel has it, one of netdev, both of this name.
  static Result<NftTables> make(const NftTraceOptions& options, const std::string& name);

  // "table ringtap_0f3a52c1, every packet at the IP hooks": what is marked and where.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  explicit NftTables(NftContext owner) : owner_(std::move(owner)) {}

  NftContext owner_;  // nothing but their making goes over its socket: libnftables opens another after some errors
  std::string description_;
};

}  // namespace ringtap
