// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// packet: where tcpdump captures. A program as the filter of an AF_PACKET socket, one for each device, or one for all
// of them on `any`. Where programs cannot be loaded, and at devices whose link layer only libpcap knows, sockets as
// tcpdump has them: two for each device, since libpcap does not say of an Ethernet frame which direction it had.
#include <algorithm>

#include "taps/packet_socket.hpp"
#include "taps/tap_families.hpp"
#include "taps/tc_path.hpp"

namespace ringtap {
namespace {

// Beside rings the sockets have an eighth of their size in addition, without them all of it.
constexpr std::uint64_t kSharesOfRings = 8;

class PacketTaps final : public TapFamily {
 public:
  [[nodiscard]] TapSet taps() const override { return kPacketTaps; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return "AF_PACKET socket";
  }
  Result<> prepare(TapPlan& plan) override {
    any_ = plan.any;
    return ok();
  }
  [[nodiscard]] std::uint32_t slot_flags(const LiveOptions& options, const rtnetlink::Device& device) const override {
    const bool comes_in_again = device.loopback() && options.taps.contains(Tap::kPacketIn);
    return (device.ethernet() ? 0 : RINGTAP_SLOT_NO_LINK) | (comes_in_again ? RINGTAP_SLOT_NO_OUT : 0) |
           (has_program(options, device) ? 0 : RINGTAP_SLOT_NO_PACKET);
  }

  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    return any_ && context.options.features->packet_program ? open(context, std::nullopt, true, attached) : ok();
  }

  Result<> attach_device(const TapContext& context, TapDevice& at) override {
    const LiveOptions& options = context.options;
    if (!has_program(options, at.device)) return open_with_libpcap(context, at);
    for (const Tap tap : {Tap::kPacketIn, Tap::kPacketOut}) {
      if (at.taps.contains(tap)) at.attached.insert(tap);
    }
    at.packet_link_type = at.l3() ? LinkType::kRaw : LinkType::kEthernet;
    if (any_ || !at.taps.contains_any(kPacketTaps)) return ok();
    const bool sends = (slot_flags(options, at.device) & RINGTAP_SLOT_NO_OUT) == 0;
    return open(context, at.target(), sends, at.attachments);
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

 private:
  // Without an Ethernet header, tcpdump's link type of a device may be another one; on `any` it does not matter.
  [[nodiscard]] bool has_program(const LiveOptions& options, const rtnetlink::Device& device) const {
    if (!options.features->packet_program) return false;
    return device.ethernet() || (any_ && device.raw_ip() && tc_path(device).sees != TcPath::Sees::kNotAll);
  }

  static Result<> open(const TapContext& context, const std::optional<AttachTarget>& target, bool sends,
                       std::vector<Attachment>& attached) {
    auto socket = Attachment::attach_packet(context.programs->fd(TapProgram::kPacketEnter), target,
                                            sends && context.options.taps.contains(Tap::kPacketOut));
    if (!socket) return socket.take_error();
    attached.push_back(socket.take());
    return ok();
  }

  Result<> open_with_libpcap(const TapContext& context, TapDevice& at) {
    const LiveOptions& options = context.options;
    if (options.reduction.leaves_out() && at.taps.contains_any(kPacketTaps)) {
      return Error(at.device.name +
                   ": --slice, --sample and --max-pps need a program at its AF_PACKET socket, and there "
                   "can be none");
    }
    // A socket's packets are taken out of its buffer as soon as the reader runs; those of programs wait in the rings.
    const std::uint64_t share = context.programs != nullptr ? 1 : kSharesOfRings;
    const std::uint64_t bytes = *options.buffer_bytes / kSharesOfRings * share / 2;
    for (const Tap tap : {Tap::kPacketIn, Tap::kPacketOut}) {
      if (!at.taps.contains(tap)) continue;
      const bool undecided = options.filter.any_vlan || options.filter.triggers;
      auto socket = PacketSocket::open({.device = at.device.name,
                                        .ifindex = at.device.ifindex,
                                        .slot = at.slot,
                                        .tap = tap,
                                        .snaplen = undecided ? RINGTAP_MAX_SNAPLEN : options.snaplen,
                                        .buffer_bytes = bytes / std::max<std::size_t>(context.devices, 1),
                                        .filter = options.filter.any_vlan ? "" : options.filter.expression,
                                        .recheck = undecided});
      if (!socket) return socket.take_error();
      context.wake_on((*socket)->fd());
      at.packet_link_type = (*socket)->link_type();
      sockets_.push_back(socket.take());
      at.attached.insert(tap);
    }
    return ok();
  }

  bool any_ = false;
  std::vector<std::unique_ptr<PacketSocket>> sockets_;
};

}  // namespace

std::unique_ptr<TapFamily> make_packet_taps() {
  return std::make_unique<PacketTaps>();
}

}  // namespace ringtap
