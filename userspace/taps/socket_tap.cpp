// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// socket: a cgroup program at ingress, where a packet has found its socket.
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class SocketTap final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return {Tap::kSocket}; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return "socket, as a packet is given to it";
  }
  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    auto attachment = Attachment::attach_socket(context.programs->fd(TapProgram::kSocket));
    return keep_if_attached(context, Tap::kSocket, std::move(attachment), attached);
  }
  void count(const TapContext& context, std::vector<TapCounts>& rows) override { count_misses(context, taps(), rows); }
};

}  // namespace

std::unique_ptr<TapFamily> make_socket_tap() {
  return std::make_unique<SocketTap>();
}

}  // namespace ringtap
