// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// packet: AF_PACKET sockets as tcpdump has them, to compare with. One for each direction, since libpcap does not say of
// an Ethernet frame which it was.
#include <algorithm>

#include "taps/packet_socket.hpp"
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class PacketTaps final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return kPacketTaps; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return "AF_PACKET socket";
  }

  Result<> attach_device(const TapContext& context, TapDevice& at) override {
    const LiveOptions& options = context.options;
    for (const Tap tap : {Tap::kPacketIn, Tap::kPacketOut}) {
      if (!at.taps.contains(tap)) continue;
      auto socket =
          PacketSocket::open({.device = at.device.name,
                              .ifindex = at.device.ifindex,
                              .slot = at.slot,
                              .tap = tap,
                              .snaplen = options.filter.any_vlan ? RINGTAP_MAX_SNAPLEN : options.snaplen,
                              .buffer_bytes = options.buffer_bytes / 2 / std::max<std::size_t>(context.devices, 1),
                              .filter = options.filter.any_vlan ? "" : options.filter.expression,
                              .recheck = options.filter.any_vlan});
      if (!socket) return socket.take_error();
      context.wake_on((*socket)->fd());
      at.packet_link_type = (*socket)->link_type();
      sockets_.push_back(socket.take());
      at.attached.insert(tap);
    }
    return ok();
  }

  void count(const TapContext&, std::vector<TapCounts>& rows) override {
    for (const auto& socket : sockets_) {
      rows.push_back({.slot = socket->options().slot,
                      .tap = socket->options().tap,
                      .delivered = socket->delivered(),
                      .reason = Drop::kRingFull,
                      .dropped = socket->dropped()});
    }
  }

  void refresh(const Clock& clock, std::vector<EventStream*>& heads) override {
    for (const auto& socket : sockets_) {
      if (socket->refresh(clock)) heads.push_back(socket.get());
    }
  }
  [[nodiscard]] bool has_records() const override {
    return std::any_of(sockets_.begin(), sockets_.end(), [](const auto& socket) { return socket->ready(); });
  }
  [[nodiscard]] std::uint64_t slack_ns() const override { return sockets_.empty() ? 0 : PacketSocket::kSlackNs; }
  std::chrono::milliseconds stop() override {
    if (sockets_.empty()) return std::chrono::milliseconds{0};
    for (const auto& socket : sockets_) socket->stop();
    return 2 * std::chrono::milliseconds(PacketSocket::kBlockTimeoutMs);
  }

  std::vector<std::unique_ptr<PacketSocket>> sockets_;
};

}  // namespace

std::unique_ptr<TapFamily> make_packet_taps() {
  return std::make_unique<PacketTaps>();
}

}  // namespace ringtap
