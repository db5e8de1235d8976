// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// stack: tracepoints at the two ends of the network stack, next to AF_PACKET's own taps.
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class StackTaps final : public TapFamily {
  [[nodiscard]] TapSet taps() const override { return kStackTaps; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return "stack, tracepoints netif_receive_skb and net_dev_start_xmit";
  }
  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    for (const auto& [tap, program, tracepoint] :
         {std::tuple{Tap::kStackIn, TapProgram::kStackIn, "netif_receive_skb"},
          std::tuple{Tap::kStackOut, TapProgram::kStackOut, "net_dev_start_xmit"}}) {
      if (!context.options.taps.contains(tap)) continue;
      auto attachment = Attachment::attach_tracepoint(context.programs->fd(program), tracepoint);
      if (auto kept = keep_if_attached(context, tap, std::move(attachment), attached); !kept) return kept;
    }
    return ok();
  }
  void count(const TapContext& context, std::vector<TapCounts>& rows) override {
    count_misses(context, kStackTaps, rows);
  }
};

}  // namespace

std::unique_ptr<TapFamily> make_stack_taps() {
  return std::make_unique<StackTaps>();
}

}  // namespace ringtap
