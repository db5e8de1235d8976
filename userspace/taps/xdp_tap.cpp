// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// xdp: a program in the driver, or in the stack before everything else, where the driver cannot.
#include "net/device_list.hpp"
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class XdpTap final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return {Tap::kXdp}; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override { return "XDP"; }

  // --consume must not cut off a host by accident.
  Result<> prepare(TapPlan& plan) override {
    if (!plan.options.consume) return ok();
    if (plan.any) {
      return Error("--consume on every interface", ErrorKind::kUsage)
          .hint("name the interface that receives the mirrored traffic");
    }
    if (plan.options.consume_despite_address) return ok();
    for (const rtnetlink::Device& device : plan.devices) {
      if (!has_address(device.name)) continue;
      return Error("--consume on " + device.name + ": it has an address, and its traffic would be dropped",
                   ErrorKind::kUsage)
          .hint("intended for mirror ports; use --force to override");
    }
    return ok();
  }

  Result<> attach_device(const TapContext& context, TapDevice& at) override {
    if (!at.taps.contains(Tap::kXdp)) return ok();
    const TapPrograms& programs = *context.programs;
    const Attachment::XdpPrograms pair =
        at.l3() ? Attachment::XdpPrograms{-1, programs.fd(TapProgram::kXdpL3)}
                : Attachment::XdpPrograms{programs.fd(TapProgram::kXdpFrags), programs.fd(TapProgram::kXdp)};
    auto xdp = Attachment::attach_xdp(pair, at.target(), context.options.xdp_mode);
    if (xdp) {
      if (!xdp->note().empty()) context.notice(xdp->note());
      at.attachments.push_back(xdp.take());
      at.attached.insert(Tap::kXdp);
      return ok();
    }
    const bool has_others = context.any && at.attached.contains_any(kTcTaps);
    if (!has_others && !context.options.follow) return xdp.take_error();
    context.notice(xdp.error().text() + "; continuing with its other taps");
    return ok();
  }
};

}  // namespace

std::unique_ptr<TapFamily> make_xdp_tap() {
  return std::make_unique<XdpTap>();
}

}  // namespace ringtap
