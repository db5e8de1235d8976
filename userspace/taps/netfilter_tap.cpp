// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// netfilter: a program before and one after all rules of each hook, for IPv4 and IPv6; where the kernel takes none
// there, around the function that runs the rules.
#include <linux/netfilter.h>

#include <algorithm>

#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class NetfilterTap final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return {Tap::kNetfilter}; }
  [[nodiscard]] std::string description(const LiveOptions& options, const rtnetlink::Device&) const override {
    return std::string("netfilter, before and after the rules of every hook") +
           (options.features->netfilter ? "" : " that has some");
  }
  Result<> prepare(TapPlan& plan) override {
    const KernelFeatures& features = *plan.options.features;
    const std::vector<std::string>& asked = plan.options.namespaces;
    if (features.netfilter && std::find(asked.begin(), asked.end(), "all") != asked.end()) {
      plan.notice(
          "netfilter's hooks are seen only in ringtap's own network namespace; naming another one "
          "(--netns NAME) shows its hooks, and keeps it until the end");
    }
    if (features.netfilter || features.traced_netfilter) return ok();
    return lack_tap(plan, Tap::kNetfilter,
                    "BPF programs at netfilter (Linux 6.4) or around functions (CONFIG_FUNCTION_TRACER)");
  }
  [[nodiscard]] bool sees(const LiveOptions& options, const rtnetlink::Device& device) const override {
    const auto has = [&](const HookNetns& netns) { return netns.inode == device.netns; };
    return !options.features->netfilter ||
           std::any_of(options.hook_namespaces.begin(), options.hook_namespaces.end(), has);
  }
  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    if (!context.options.features->netfilter) return attach_around(context, attached);
    for (const HookNetns& netns : context.options.hook_namespaces) {
      if (auto result = attach_in(netns, context, attached); !result) return result;
    }
    return ok();
  }
  void count(const TapContext& context, std::vector<TapCounts>& rows) override { count_misses(context, taps(), rows); }

  static Result<> attach_in(const HookNetns& netns, const TapContext& context, std::vector<Attachment>& attached) {
    for (const std::uint32_t protocol : {NFPROTO_IPV4, NFPROTO_IPV6}) {
      for (std::uint32_t hook = 0; hook < kNetfilterHookNames.size(); ++hook) {
        for (const bool last : {true, false}) {
          const int fd = context.programs->fd(last ? TapProgram::kNetfilterLast : TapProgram::kNetfilterFirst);
          auto attachment = Attachment::attach_netfilter(fd, {protocol, hook, last, netns.inode});
          if (!attachment && netns.inode != 0) attachment = std::move(attachment.take_error()).context(netns.name);
          if (auto kept = keep_if_attached(context, Tap::kNetfilter, std::move(attachment), attached); !kept)
            return kept;
        }
      }
    }
    return ok();
  }

  static Result<> attach_around(const TapContext& context, std::vector<Attachment>& attached) {
    for (const TapProgram program : {TapProgram::kNetfilterLeave, TapProgram::kNetfilterEnter}) {
      auto attachment = Attachment::attach_function(context.programs->fd(program), kNetfilterFunction);
      if (auto kept = keep_if_attached(context, Tap::kNetfilter, std::move(attachment), attached); !kept) return kept;
    }
    context.notice("this kernel (before 6.4) shows netfilter hooks at which there are rules, and no others");
    return ok();
  }
};

}  // namespace

std::unique_ptr<TapFamily> make_netfilter_tap() {
  return std::make_unique<NetfilterTap>();
}

}  // namespace ringtap
