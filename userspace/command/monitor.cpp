// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/monitor.hpp"

#include <atomic>
#include <mutex>
#include <utility>

#include "app/metrics_server.hpp"
#include "app/metrics_text.hpp"
#include "base/now.hpp"
#include "base/worker.hpp"
#include "command/messages.hpp"
#include "command/metrics_file.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kFileIntervalNs = 5 * kNsPerSecond;

// "0.1.0"
std::string version_number() {
  const std::string text = version_text();
  return text.substr(text.rfind(' ') + 1);
}

}  // namespace

// The counts of the last second, for a server and a file.
class Monitor::Metrics {
 public:
  static Result<std::unique_ptr<Metrics>> prepare(const Options& options) {
    const MetricsOptions& wanted = options.output.metrics;
    if (!wanted.has_any()) return std::unique_ptr<Metrics>();
    auto metrics = std::make_unique<Metrics>();
    if (!wanted.address.empty()) {
      auto server = MetricsServer::listen(wanted.address);
      if (!server) return server.take_error();
      metrics->server_ = server.take();
    }
    auto file = MetricsFile::prepare(options);
    if (!file) return file.take_error();
    metrics->file_ = file.take();
    metrics->has_path_ = !wanted.path.empty();
    return metrics;
  }

  Result<> start() {
    if (server_ == nullptr) return ok();
    say("metrics at " + server_->place());
    if (server_->is_public()) warn("metrics at " + server_->place() + " can be read by whoever reaches that address");
    return server_->start([this] { return text(); });
  }

  void publish(RunCounts counts) {
    auto shared = std::make_shared<const RunCounts>(std::move(counts));
    const std::uint64_t now = shared->at_ns;
    {
      const std::lock_guard lock(mutex_);
      counts_ = std::move(shared);
    }
    if (!has_path_ || now - written_ns_ < kFileIntervalNs || is_writing_.exchange(true)) return;
    written_ns_ = now;
    writer_.give([this] {
      write();
      is_writing_ = false;
    });
  }

  // The last counts.
  void finish(RunCounts counts) {
    written_ns_ = counts.at_ns;  // not by publish()
    publish(std::move(counts));
    if (!has_path_) return;
    writer_.give([this] { write(); });
    writer_.wait();
  }

 private:
  std::string text() {
    std::unique_lock lock(mutex_);
    const auto counts = counts_;
    lock.unlock();
    return metrics_text(counts == nullptr ? RunCounts{} : *counts, version_number());
  }
  // A failure is said once, until it succeeds again.
  void write() {
    auto written = file_->write(text());
    if (!written && !std::exchange(failed_, true)) warn(error_text(written.error()));
    if (written) failed_ = false;
  }

  std::mutex mutex_;  // of the following
  std::shared_ptr<const RunCounts> counts_;

  bool has_path_ = false;
  std::uint64_t written_ns_ = 0;
  std::atomic<bool> is_writing_ = false;
  bool failed_ = false;  // by the thread that writes
  std::unique_ptr<MetricsFile> file_;
  Worker writer_{"writes metrics", 1};
  std::unique_ptr<MetricsServer> server_;  // last: its thread uses the others
};

Result<std::unique_ptr<Monitor>> Monitor::prepare(const Options& options) {
  auto metrics = Metrics::prepare(options);
  if (!metrics) return metrics.take_error();
  auto toolbar = ExtcapControl::open(options.extcap.control_in, options.extcap.control_out);
  if (!toolbar) return toolbar.take_error();
  return std::unique_ptr<Monitor>(new Monitor(options, toolbar.take(), metrics.take()));
}

Monitor::Monitor(const Options& options, ExtcapControl toolbar, std::unique_ptr<Metrics> metrics)
    : options_(options),
      manager_(ServiceManager::of_environment()),
      toolbar_(std::move(toolbar)),
      metrics_(std::move(metrics)) {}

Monitor::~Monitor() = default;

bool Monitor::is_wanted() const {
  return metrics_ != nullptr || manager_.listens() || !options_.extcap.control_out.empty() ||
         options_.output.record.stats_ns > 0;
}

RunCounts Monitor::gather(const SessionTotals& totals) {
  RunCounts counts{
      .at_ns = monotonic_now_ns(), .source = {}, .session = totals, .drops = {}, .outcomes = {}, .recording = {}};
  if (auto account = source_->account()) counts.source = account.take();
  if (output_->add_counts) output_->add_counts(counts);
  return counts;
}

Result<> Monitor::start(RecordSource& source, const Output& output) {
  source_ = &source;
  output_ = &output;
  looked_ = told_ = gather({});
  toolbar_.show(0);
  if (metrics_ != nullptr) {
    metrics_->publish(looked_);
    if (auto started = metrics_->start(); !started) return started;
  }
  manager_.ready("capturing");
  return ok();
}

void Monitor::look(const SessionTotals& totals) {
  if (!is_wanted()) return;
  RunCounts now = gather(totals);
  const std::uint64_t stats_ns = options_.output.record.stats_ns;
  if (stats_ns > 0 && now.at_ns - told_.at_ns >= stats_ns) {
    say(stats_text(now, told_));
    told_ = now;
  }
  manager_.status(status_text(now, looked_));
  toolbar_.show(now.lost());
  looked_ = now;
  if (metrics_ != nullptr) metrics_->publish(std::move(now));
}

void Monitor::tell_counts(const SessionTotals& totals) {
  if (options_.output.record.folder.empty()) return;
  RunCounts now = gather(totals);
  say(stats_text(now, told_));
  told_ = std::move(now);
}

std::function<Result<>()> Monitor::start_next_file(std::function<Result<>()> start) {
  if (!start) return start;
  return [this, start = std::move(start)] {
    manager_.reloading();
    Result<> started = start();
    manager_.ready("capturing");
    return started;
  };
}

void Monitor::end(const SessionTotals& totals) {
  manager_.stopping();
  toolbar_.show(gather(totals).lost());
  if (metrics_ != nullptr) metrics_->finish(gather(totals));
}

}  // namespace ringtap
