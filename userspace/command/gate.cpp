// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/gate.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/end_request.hpp"
#include "base/now.hpp"
#include "base/seconds_text.hpp"
#include "command/messages.hpp"

namespace ringtap {

namespace {

// A record that is out of order ("late" in the accounting) is older than the one before it by less than this.
constexpr std::uint64_t kSettledNs = kNsPerSecond;
constexpr std::size_t kLongestLine = 256;

}  // namespace

class Gate::GatedSink final : public Sink {
 public:
  GatedSink(std::unique_ptr<Sink> sink, Gate& gate) : sink_(std::move(sink)), gate_(gate) {}

  Result<> on_interface(const Interface& interface) override {
    ++gate_.announced_;
    return sink_->on_interface(interface);
  }
  Result<> on_record(const RecordView& record) override {
    if (!gate_.is_settled_) {
      if (record.time_ns < gate_.opened_ns_) {
        ++gate_.before_;
        return ok();
      }
      gate_.is_settled_ = record.time_ns - gate_.opened_ns_ > kSettledNs;
    }
    return sink_->on_record(record);
  }
  void on_time(std::uint64_t until_ns) override { sink_->on_time(until_ns); }
  Result<> on_block(const FileBlockView& block) override { return sink_->on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override { return sink_->on_statistics(statistics); }
  Result<> flush() override { return sink_->flush(); }
  Result<> finish() override { return sink_->finish(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return sink_->records_stored(); }
  [[nodiscard]] std::uint64_t records_left_out() const override { return gate_.before_ + sink_->records_left_out(); }

 private:
  std::unique_ptr<Sink> sink_;
  Gate& gate_;
};

void Gate::guard(Output& output, RecordSource& source) {
  source_ = &source;
  sink_ = output.sink.get();
  output.sink = std::make_unique<GatedSink>(std::move(output.sink), *this);
  output.is_done = [this, is_done = std::move(output.is_done)] {
    look();
    write_statistics();
    return is_done && is_done();
  };
}

// An Error of the sink is met again with the next record.
void Gate::write_statistics() {
  const std::uint64_t now = interval_ns_ == 0 ? 0 : monotonic_now_ns();
  if (interval_ns_ == 0 || now - looked_ns_ < interval_ns_) return;
  looked_ns_ = now;
  const auto all = source_->statistics();
  if (!all) return;
  const auto counts = [](const InterfaceStatistics& one) {
    return std::array{one.received, one.filter_accepted, one.dropped, one.delivered};
  };
  for (const InterfaceStatistics& one : *all) {
    if (one.interface_id >= announced_) continue;  // of a device that was renamed a moment ago
    if (one.interface_id >= written_.size()) written_.resize(one.interface_id + 1);
    if (counts(written_[one.interface_id]) == counts(one)) continue;
    written_[one.interface_id] = one;
    if (!sink_->on_statistics(one)) return;
  }
}

void Gate::look() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 0) != 1) return;
  std::array<char, 256> text{};
  const ssize_t got = ::read(STDIN_FILENO, text.data(), text.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return EndRequest::of_this_run().ask();
  if (is_opened_) return;
  line_.append(text.data(), static_cast<std::size_t>(got));
  const std::size_t end = line_.find('\n');
  if (end != std::string::npos || line_.size() > kLongestLine) open(std::string_view(line_).substr(0, end));
}

void Gate::open(std::string_view line) {
  is_opened_ = true;
  const std::uint64_t now = epoch_now_ns();
  std::uint64_t asked = now;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), asked);
  if (error != std::errc() || asked == 0) asked = now;
  if (end != line.data() + line.size() && *end == ' ') {
    std::from_chars(end + 1, line.data() + line.size(), interval_ns_);
  }
  opened_ns_ = std::max(asked, now);
  std::array<char, 48> late{};
  if (opened_ns_ != asked) {
    std::snprintf(late.data(), late.size(), ", %.3f ms late", static_cast<double>(opened_ns_ - asked) / 1e6);
  }
  say("gate: opens at " + seconds_text(opened_ns_) + late.data());
}

}  // namespace ringtap
