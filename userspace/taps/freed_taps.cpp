// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// drop and end: tracepoints where an sk_buff is freed, as a drop or after use.
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

class FreedTap : public TapFamily {
 protected:
  FreedTap(Tap tap, TapProgram program, const char* tracepoint)
      : tap_(tap), program_(program), tracepoint_(tracepoint) {}

 private:
  [[nodiscard]] TapSet taps() const override { return {tap_}; }
  [[nodiscard]] std::string description(const LiveOptions&, const rtnetlink::Device&) const override {
    return std::string(tap_name(tap_)) + ", tracepoint " + tracepoint_;
  }
  Result<> attach_host(const TapContext& context, std::vector<Attachment>& attached) override {
    if (context.names.is_first_use()) {
      if (!context.names.has_functions()) {
        context.notice("the kernel hides its addresses (kptr_restrict), so functions are not named");
      }
      if (!context.options.features->drop_reason) {
        context.notice("this kernel (before 5.17) gives no drop reasons");
      }
    }
    auto attachment = Attachment::attach_tracepoint(context.programs->fd(program_), tracepoint_);
    return keep_if_attached(context, tap_, std::move(attachment), attached);
  }
  void count(const TapContext& context, std::vector<TapCounts>& rows) override { count_misses(context, {tap_}, rows); }

  Tap tap_;
  TapProgram program_;
  const char* tracepoint_;
};

class DropTap final : public FreedTap {
 public:
  DropTap() : FreedTap(Tap::kDrop, TapProgram::kDrop, "kfree_skb") {}
};

class EndTap final : public FreedTap {
 public:
  EndTap() : FreedTap(Tap::kEnd, TapProgram::kEnd, "consume_skb") {}

 private:
  // Who follows an sk_buff has to know when its address is free for another one.
  Result<> prepare(TapPlan& plan) override {
    if (plan.options.follow) plan.options.taps.insert(Tap::kEnd);
    return ok();
  }
};

}  // namespace

std::unique_ptr<TapFamily> make_drop_tap() {
  return std::make_unique<DropTap>();
}
std::unique_ptr<TapFamily> make_end_tap() {
  return std::make_unique<EndTap>();
}

}  // namespace ringtap
