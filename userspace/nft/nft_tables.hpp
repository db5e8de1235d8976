// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Our own tables, which turn on nftables' trace for packets that match (`meta nftrace set 1`), before all other chains,
// and neither accept nor drop any. They have an owner (Linux 5.12): the kernel removes them when the socket that
// created them closes, that is with this object or with the process, however it ends. Owns that socket. Any thread.
#pragma once

#include <string>
#include <vector>

#include "filter/classic_program.hpp"
#include "nft/nft_context.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct NftTraceOptions {
  // Devices whose packets are marked, including devices stacked on them (bridges, VLANs, bonds). Empty: all.
  std::vector<std::string> interfaces;
  // Packets that any of these programs accepts are marked, see nft_rules(); a few more may be, never fewer. Empty: all
  // packets.
  std::vector<ClassicProgram> programs;
  int receive_buffer = 64 << 20;  // bytes, some 50,000 messages; only waiting messages use memory
};

class NftTables {
 public:
  // One table of the inet family and, if the kernel has it, one of netdev, both with this name.
  static Result<NftTables> make(const NftTraceOptions& options, const std::string& name);

  // "table ringtap_0f3a52c1, every packet at the IP hooks": what is marked and where.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  explicit NftTables(NftContext owner) : owner_(std::move(owner)) {}

  NftContext owner_;  // only for creating them: after some errors libnftables would open another socket
  std::string description_;
};

}  // namespace ringtap
