// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/gate.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/end_request.hpp"
#include "base/now.hpp"

namespace ringtap {

class Gate::GatedSink final : public Sink {
 public:
  GatedSink(std::unique_ptr<Sink> sink, Gate& gate) : sink_(std::move(sink)), gate_(gate) {}

  Result<> on_interface(const Interface& interface) override { return sink_->on_interface(interface); }
  Result<> on_record(const RecordView& record) override {
    if (!gate_.is_open_) {
      if (record.time_ns < gate_.opened_ns_) {
        ++gate_.before_;
        return ok();
      }
      gate_.is_open_ = true;
    }
    return sink_->on_record(record);
  }
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

void Gate::guard(Output& output) {
  output.sink = std::make_unique<GatedSink>(std::move(output.sink), *this);
  output.is_done = [this, is_done = std::move(output.is_done)] {
    look();
    return is_done && is_done();
  };
}

void Gate::look() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 0) != 1) return;
  std::array<char, 256> text{};
  const ssize_t got = ::read(STDIN_FILENO, text.data(), text.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return EndRequest::of_this_run().ask();
  const std::string_view line(text.data(), static_cast<std::size_t>(got));
  if (line.find('\n') != std::string_view::npos) opened_ns_ = std::min(opened_ns_, epoch_now_ns());
}

}  // namespace ringtap
