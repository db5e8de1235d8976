// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// tc: programs at the head of a device's ingress and egress chains.
#include <optional>
#include <utility>

#include "loader/early_links.hpp"
#include "taps/tap_families.hpp"
#include "taps/tc_path.hpp"

namespace ringtap {
namespace {

// What a device sends to itself comes in again at once; like tcpdump, show it once unless only egress was asked for.
bool sees_egress(TapSet taps, const LiveOptions& options, const rtnetlink::Device& device) {
  const bool twice = device.loopback() && taps.contains(Tap::kTcIngress) && !options.follow;
  return taps.contains(Tap::kTcEgress) && !twice;
}

class TcTaps final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return kTcTaps; }
  [[nodiscard]] std::string description(const LiveOptions& options, const rtnetlink::Device& device) const override {
    if (!options.taps.contains(Tap::kTcIngress)) return "tc egress";
    return sees_egress(options.taps, options, device) ? "tc ingress and egress" : "tc ingress";
  }

  Result<> prepare(TapPlan& plan) override {
    // For all devices of a host it could come to nothing after seconds of work, and would save a fraction of them.
    if (plan.any || !plan.options.use_tcx || !plan.options.taps.contains_any(kTcTaps)) return ok();
    std::vector<EarlyLinks::Place> places;
    for (const rtnetlink::Device& device : plan.devices) {
      const bool may_have_sockets = tc_path(device).sees == TcPath::Sees::kNotAll;
      if (may_have_sockets || device.netns != 0) continue;
      const TapSet taps = plan.options.taps;
      if (taps.contains(Tap::kTcIngress)) places.push_back({device.ifindex, TcDirection::kIngress});
      if (sees_egress(taps, plan.options, device)) places.push_back({device.ifindex, TcDirection::kEgress});
    }
    early_.emplace(std::move(places));
    return ok();
  }

  Result<> attach_device(const TapContext& context, TapDevice& at) override {
    const LiveOptions& options = context.options;
    const auto in = at.l3() ? TapProgram::kTcIngressL3 : TapProgram::kTcIngress;
    const auto out = at.l3() ? TapProgram::kTcEgressL3 : TapProgram::kTcEgress;
    // What loopback sends has lost its socket where it comes in again, so that is noted, from before the first record
    // on.
    const bool notes = options.who && at.device.loopback() && at.taps.contains(Tap::kTcIngress);
    if (notes) {
      auto note = Attachment::attach_tc(context.programs->fd(TapProgram::kLoopbackNote), at.target(),
                                        TcDirection::kEgress, options.use_tcx);
      if (!note) return note.take_error();
      at.attachments.push_back(note.take());
    }
    for (const auto& [tap, chosen, program, direction] :
         {std::tuple{Tap::kTcIngress, at.taps.contains(Tap::kTcIngress), in, TcDirection::kIngress},
          std::tuple{Tap::kTcEgress, sees_egress(at.taps, options, at.device), out, TcDirection::kEgress}}) {
      if (!chosen) continue;
      auto tc = Attachment::attach_tc(context.programs->fd(program), at.target(), direction, options.use_tcx,
                                      early_ ? &*early_ : nullptr);
      if (!tc) return tc.take_error();
      at.attachments.push_back(tc.take());
      at.attached.insert(tap);
    }
    return ok();
  }

  std::optional<EarlyLinks> early_;
};

}  // namespace

std::unique_ptr<TapFamily> make_tc_taps() {
  return std::make_unique<TcTaps>();
}

}  // namespace ringtap
