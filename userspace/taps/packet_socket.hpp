// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The reference tap: an AF_PACKET socket (libpcap, TPACKET_V3 or V2) on one device and in one direction, whose packets
// join the others as events. Packets are copied into memory of its own and live there until they are popped. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record/clock.hpp"
#include "record/event.hpp"
#include "ringtap/result.hpp"

struct sock_fprog;

namespace ringtap {

struct PacketSocketOptions {
  std::string device;
  std::uint32_t ifindex = 0;
  std::uint16_t slot = 0;
  Tap tap = Tap::kPacketIn;  // or kPacketOut
  std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN;
  std::uint64_t buffer_bytes = 0;
  std::string filter;    // expression; empty: everything
  bool recheck = false;  // user space decides about every packet (RINGTAP_EVENT_RECHECK)
};

class PacketSocket final : public EventStream {
 public:
  static Result<std::unique_ptr<PacketSocket>> open(const PacketSocketOptions& options);
  // What libpcap makes of the device's packets.
  static Result<LinkType> link_type_of(const std::string& device);
  ~PacketSocket() override;

  // Takes the packets that the kernel has ready; true when a record is at the head.
  bool refresh(const Clock& clock);
  void pop() override;
  // No new packets; those that came before can be taken within kBlockTimeoutMs.
  void stop();

  [[nodiscard]] int fd() const;
  [[nodiscard]] LinkType link_type() const { return link_type_; }
  [[nodiscard]] const PacketSocketOptions& options() const { return options_; }

  // Packets that passed the filter and found no room.
  [[nodiscard]] std::uint64_t dropped();
  [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

  // The kernel hands over a block when it is full or this old; records of other taps wait as long.
  static constexpr int kBlockTimeoutMs = 10;
  static constexpr std::uint64_t kSlackNs = 3 * 1'000'000ull * kBlockTimeoutMs;

 private:
  struct Handle;
  bool attach_filter(const sock_fprog& program) const;
  explicit PacketSocket(PacketSocketOptions options);
  void load_head();

  PacketSocketOptions options_;
  LinkType link_type_ = LinkType::kEthernet;
  std::unique_ptr<Handle> handle_;
  std::vector<std::uint64_t> queue_;  // events, aligned as in a ring
  std::size_t begin_ = 0;             // bytes popped
  std::size_t end_ = 0;               // bytes filled
  std::uint64_t delivered_ = 0;
  std::uint64_t begin_ns_ = 0;  // since the epoch: older packets came before the filter
};

}  // namespace ringtap
