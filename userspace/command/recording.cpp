// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/recording.hpp"

#include <sys/sysinfo.h>

#include <memory>
#include <string>
#include <utility>

#include "app/run_counts.hpp"
#include "base/byte_text.hpp"
#include "base/now.hpp"
#include "command/messages.hpp"
#include "command/segment_service.hpp"
#include "filter/expression_filter.hpp"
#include "recorder/recorder.hpp"
#include "recorder/segment_writer.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

// The recorder with what it writes through and into.
class Recording final : public Sink {
 public:
  Recording(const OutputContext& context, RecorderFolder folder)
      : settings_(context.options.output.record), source_(*context.source), folder_(std::move(folder.folder)) {}

  Result<> start(const OutputContext& context, FolderContents present) {
    struct sysinfo machine {};
    if (::sysinfo(&machine) == 0 &&
        settings_.event.memory_bytes > std::uint64_t{machine.totalram} * machine.mem_unit / 4 * 3) {
      return Error("--memory: more than three quarters of the memory of this machine", ErrorKind::kUsage)
          .hint("a smaller --memory; --slice or -s make it reach further back");
    }
    auto writer = SegmentWriter::start({.record = settings_,
                                        .tell = say,
                                        .now_ns = epoch_now_ns,
                                        .is_live = context.options.read_paths.empty(),
                                        .explains = context.options.text_style.dissect.verbosity > 0},
                                       *folder_, std::move(present));
    if (!writer) return writer.take_error();
    writer_ = writer.take();
    PcapngOptions about = context.options.read_paths.empty() ? PcapngOptions::of_this_host(version_text())
                                                             : PcapngOptions{.application = version_text()};
    Recorder::Hooks hooks{.statistics = [this] { return source_.statistics(); },
                          .now_ns = epoch_now_ns,
                          .is_live = context.options.read_paths.empty(),
                          .matches = {},
                          .tell = say};
    // Of a live capture's packets the programs in the kernel say it.
    if (const std::string& expression = settings_.event.expression; !hooks.is_live && !expression.empty()) {
      FilterOptions filter = context.options.filter;
      filter.expression = expression;
      auto made = ExpressionFilter::create(filter, {LinkType::kEthernet, LinkType::kRaw, LinkType::kLinuxSll2}, {});
      if (!made) return std::move(made.take_error()).context("--trigger");
      trigger_ = std::make_unique<ExpressionFilter>(made.take());
      hooks.matches = [this](const RecordView& record) { return trigger_->matches(record); };
    }
    recorder_ = std::make_unique<Recorder>(*writer_, settings_, std::move(about), std::move(hooks));
    return ok();
  }

  Result<> on_interface(const Interface& interface) override { return recorder_->on_interface(interface); }
  Result<> on_record(const RecordView& record) override { return recorder_->on_record(record); }
  Result<> on_block(const FileBlockView& block) override { return recorder_->on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override {
    return recorder_->on_statistics(statistics);
  }
  Result<> flush() override { return recorder_->flush(); }
  Result<> finish() override { return recorder_->finish(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return recorder_->records_stored(); }
  [[nodiscard]] std::uint64_t records_left_out() const override { return recorder_->records_left_out(); }
  Result<> end_segment() { return recorder_->end_segment(); }
  Result<> trigger() { return recorder_->trigger("asked for"); }

  void add_counts(RunCounts& counts) const {
    counts.recording = writer_->counts();
    counts.bytes_written += counts.recording->bytes;
  }

  void tell_end() {
    const SegmentWriter::Counts counts = writer_->counts();
    std::string text = "recorded " + std::to_string(counts.packets) + " packets, " + bytes_text(counts.bytes);
    if (settings_.zstd_level) text += " as " + bytes_text(counts.stored);
    text += ", in " + std::to_string(counts.segments) + (counts.segments == 1 ? " segment" : " segments") + " in " +
            folder_->path();
    if (counts.removed > 0) text += "; " + std::to_string(counts.removed) + " old ones were removed";
    if (counts.packets_lost > 0) {
      text += "; " + std::to_string(counts.packets_lost) + " packets were lost, since they could not be written";
    }
    if (counts.oldest_ns) text += "; it holds packets since " + utc_text(*counts.oldest_ns);
    say(text);
  }

 private:
  const RecordSettings& settings_;
  RecordSource& source_;
  std::unique_ptr<SegmentFolder> folder_;
  std::unique_ptr<SegmentWriter> writer_;
  std::unique_ptr<ExpressionFilter> trigger_;
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace

Result<Output> open_recording(const OutputContext& context) {
  RecorderFolder folder = take_recorder_folder();
  FolderContents present = std::move(folder.present);
  auto recording = std::make_unique<Recording>(context, std::move(folder));
  if (auto started = recording->start(context, std::move(present)); !started) return started.take_error();
  Output output;
  output.start_next_file = [sink = recording.get()] { return sink->end_segment(); };
  output.on_flush_asked = [sink = recording.get()] { return sink->trigger(); };
  output.add_counts = [sink = recording.get()](RunCounts& counts) { sink->add_counts(counts); };
  output.tell_end = [sink = recording.get()] {
    sink->tell_end();
    return 0;
  };
  output.sink = std::move(recording);
  return output;
}

}  // namespace ringtap
