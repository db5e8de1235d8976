// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The taps, driven by hand: records as the kernel side gives them, on their way to a Comparer, and its report. Owns the
// comparer. One thread. Of ringtap_compare, which a test that includes this has to link.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "compare/comparer.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"
#include "support/recording_sink.hpp"

namespace ringtap::testing {

inline constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
inline constexpr std::uint64_t kMillisecond = 1'000'000;

// Each record is a microsecond after the one before.
class Kernel {
 public:
  // `ran`: the taps that were attached, as the names of interfaces tell.
  explicit Kernel(CompareOptions options = {}, bool with_file = false, TapSet ran = kAllTaps)
      : text_(std::make_shared<Stored>()), file_(with_file ? new RecordingSink : nullptr) {
    comparer_ = std::make_unique<Comparer>(std::move(options), std::make_unique<MemoryWriter>(text_),
                                           std::unique_ptr<Sink>(file_));
    Interface interface;
    interface.name = "eth0";
    interface.ifindex = 2;
    EXPECT_TRUE(comparer_->on_interface(interface));
    interface.name = "eth1";
    interface.ifindex = 3;
    EXPECT_TRUE(comparer_->on_interface(interface));
    interface.ifindex = 2;
    for (const TapTraits& traits : kTapTraits) {
      if (!ran.contains(traits.tap)) continue;
      interface.name = "eth0:" + std::string(traits.family);
      EXPECT_TRUE(comparer_->on_interface(interface));
    }
  }

  // A view of `bytes`, which must outlive it.
  RecordView record(Tap tap, const Bytes& bytes, std::uint64_t skb = 0) {
    RecordView view;
    view.time_ns = kStart + (time_ns_ += 1000);
    view.data = bytes;
    view.wire_len = static_cast<std::uint32_t>(bytes.size());
    view.tap = tap;
    const bool out = tap == Tap::kPacketOut || tap == Tap::kStackOut || tap == Tap::kTcEgress;
    view.interface_id = device_ - 2;
    view.ifindex = device_;
    view.direction = out ? Direction::kOut : Direction::kIn;
    if (skb != 0) view.trace = Trace{.skb = skb};
    return view;
  }
  void give(const RecordView& view) { EXPECT_TRUE(comparer_->on_record(view)); }

  void xdp(const Bytes& bytes, std::int64_t verdict = 2) {
    RecordView view = record(Tap::kXdp, bytes);
    view.verdict = Verdict{VerdictType::kXdp, verdict};
    give(view);
  }
  void packet(Tap tap, const Bytes& bytes, std::uint64_t skb = 0) { give(record(tap, bytes, skb)); }
  void hook(NetfilterHook hook, bool last, const Bytes& bytes, std::uint64_t skb) {
    RecordView view = record(Tap::kNetfilter, bytes, skb);
    view.trace->hook = hook;
    view.trace->last = last;
    view.trace->in_ifindex = hook < NetfilterHook::kOutput ? device_ : 0;
    view.trace->out_ifindex = hook == NetfilterHook::kForward ? 3 : hook > NetfilterHook::kForward ? device_ : 0;
    give(view);
  }
  void both(NetfilterHook at, const Bytes& bytes, std::uint64_t skb) {
    hook(at, false, bytes, skb);
    hook(at, true, bytes, skb);
  }
  void drop(const Bytes& bytes, std::uint64_t skb, std::string_view reason, std::string_view function) {
    RecordView view = record(Tap::kDrop, bytes, skb);
    view.direction = Direction::kUnknown;
    view.trace->reason = reason;
    view.trace->function = function;
    give(view);
  }
  void end(const Bytes& bytes, std::uint64_t skb, std::string_view function) {
    RecordView view = record(Tap::kEnd, bytes, skb);
    view.direction = Direction::kUnknown;
    view.trace->function = function;
    give(view);
  }

  // The way in up to netfilter, and wholly.
  void receive(const Bytes& bytes, std::uint64_t skb) {
    xdp(bytes);
    packet(Tap::kPacketIn, bytes);
    packet(Tap::kStackIn, bytes, skb);
    packet(Tap::kTcIngress, bytes, skb);
  }
  void deliver(const Bytes& bytes, std::uint64_t skb) {
    receive(bytes, skb);
    both(NetfilterHook::kPrerouting, bytes, skb);
    both(NetfilterHook::kInput, bytes, skb);
    packet(Tap::kSocket, bytes, skb);
    end(bytes, skb, "skb_free_datagram");
  }
  void leave(const Bytes& bytes, std::uint64_t skb) {
    packet(Tap::kTcEgress, bytes, skb);
    packet(Tap::kPacketOut, bytes);
    packet(Tap::kStackOut, bytes, skb);
  }
  void send(const Bytes& bytes, std::uint64_t skb) {
    both(NetfilterHook::kOutput, bytes, skb);
    both(NetfilterHook::kPostrouting, bytes, skb);
    leave(bytes, skb);
    end(bytes, skb, "napi_consume_skb");
  }

  void use_device(std::uint32_t ifindex) { device_ = ifindex; }
  void wait(std::uint64_t ns) { time_ns_ += ns; }
  Comparer& comparer() { return *comparer_; }
  RecordingSink& file() { return *file_; }

  // Outcomes by count, once everything is finished.
  const std::map<std::string, std::uint64_t>& outcomes() {
    if (!finished_) {
      report_ = finish();
      const std::string table = report_.substr(report_.find("packets  outcome"));
      for (std::size_t at = table.find('\n') + 1; at < table.size() && table[at] != '\n';
           at = table.find('\n', at) + 1) {
        const std::string line = table.substr(at, table.find('\n', at) - at);
        const std::size_t number = line.find_first_not_of(' ');
        const std::size_t text = line.find("  ", number) + 2;
        if (line.find("by rule") == std::string::npos) fates_[line.substr(text)] += std::stoull(line.substr(number));
      }
    }
    return fates_;
  }
  std::string finish() {
    if (!finished_) {
      EXPECT_TRUE(comparer_->finish());
    }
    finished_ = true;
    return {reinterpret_cast<const char*>(text_->bytes.data()), text_->bytes.size()};
  }
  std::string answer() {
    outcomes();
    return report_.substr(0, report_.find('\n'));
  }

 private:
  std::shared_ptr<Stored> text_;
  RecordingSink* file_;
  std::unique_ptr<Comparer> comparer_;
  std::uint64_t time_ns_ = 0;
  std::uint32_t device_ = 2;
  bool finished_ = false;
  std::string report_;
  std::map<std::string, std::uint64_t> fates_;
};

}  // namespace ringtap::testing
