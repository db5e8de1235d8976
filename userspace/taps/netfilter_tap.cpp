// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// netfilter: a program before and one after all rules of each hook, for IPv4 and IPv6.
#include <linux/netfilter.h>

#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class NetfilterTap final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return {Tap::kNetfilter}; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return "netfilter, before and after the rules of every hook";
  }
  Result<> prepare(TapPlan& plan) override {
    return plan.options.features->netfilter ? ok()
                                            : lack_tap(plan, Tap::kNetfilter, "BPF programs at netfilter (Linux 6.4)");
  }
  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    for (const std::uint32_t protocol : {NFPROTO_IPV4, NFPROTO_IPV6}) {
      for (std::uint32_t hook = 0; hook < kNetfilterHookNames.size(); ++hook) {
        for (const bool last : {true, false}) {
          const int fd = context.programs.fd(last ? TapProgram::kNetfilterLast : TapProgram::kNetfilterFirst);
          auto attachment = Attachment::attach_netfilter(fd, protocol, hook, last);
          if (auto kept = keep_if_attached(context, Tap::kNetfilter, std::move(attachment), attached); !kept)
            return kept;
        }
      }
    }
    return ok();
  }
  void count(const TapContext& context, std::vector<TapCounts>& rows) override { count_misses(context, taps(), rows); }
};

}  // namespace

std::unique_ptr<TapFamily> make_netfilter_tap() {
  return std::make_unique<NetfilterTap>();
}

}  // namespace ringtap
