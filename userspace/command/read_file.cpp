// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -r and -V.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "command/commands.hpp"
#include "command/file_service.hpp"
#include "command/inputs.hpp"
#include "command/messages.hpp"
#include "command/reading_progress.hpp"
#include "command/run.hpp"
#include "command/segment_service.hpp"
#include "file/left_out.hpp"

namespace ringtap {
namespace {

bool is_regular(const std::string& path) {
  struct stat status {};
  return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool will_be_regular(const std::string& path) {
  struct stat status {};
  return is_regular(path) || (path != "-" && ::stat(path.c_str(), &status) != 0);
}

// Whether reading and writing can be done once more from the beginning, and nobody has seen anything of it.
bool can_start_over(const Options& options) {
  const OutputOptions& output = options.output;
  return !output.print && !output.rotation.rotates() && will_be_regular(output.path) &&
         std::all_of(options.read_paths.begin(), options.read_paths.end(), is_regular);
}

void report_left_out(const Options& options, const FileInput& files, Conversion& conversion) {
  if (options.output.path.empty()) return;
  conversion.leave_out(FilePart::kOptions, files.files->options_left_out());
  const std::string left_out = left_out_text(conversion);
  if (left_out.empty()) return;
  const bool is_pcap = options.output.format == FileFormat::kPcap;
  say("-w " + options.output.path + ": left out " + left_out +
      (is_pcap ? "; a pcap file has no place for them, --format pcapng may have" : ""));
}

void report_query(const Options& options, const FileInput& files) {
  if (files.query == nullptr || options.text_style.dissect.verbosity == 0) return;
  const Query::Counts& counts = files.query->counts;
  const double percent =
      counts.frames == 0 ? 0 : 100.0 * static_cast<double>(counts.frames_chosen) / static_cast<double>(counts.frames);
  std::array<char, 32> share{};
  std::snprintf(share.data(), share.size(), "%.2f %%", percent);
  say(options.folder + ": " + std::to_string(options.read_paths.size()) + " files, " + std::to_string(counts.segments) +
      " of them with an index; by that, " + std::to_string(counts.frames_chosen) + " of " +
      std::to_string(counts.frames) + " frames were to be read (" + share.data() + ")");
}

// Without --format the packets decide: pcap, unless those that pass have several link types. The first to say so is the
// packet that a pcap file cannot take; then everything is read once more. Where that cannot be done, the interfaces at
// the beginning of the files decide.
int read_as(Options& options, Signals& signals, HostNames* names, bool may_start_over, bool again) {
  auto files = open_files(options, OfRefused::kNothing, again);
  if (!files) return fail(files.error());
  const bool follows = options.output.format_follows_packets;
  Conversion conversion;
  const OutputContext context{
      .options = options, .names = names, .source = files->source.get(), .conversion = &conversion};
  if (follows && files->files->link_types().size() > 1 && !may_start_over) {
    options.output.format = FileFormat::kPcapng;
  }
  auto output = open_outputs(context);
  if (!output) return fail(output.error());
  if (!again) confine(options, {});
  signals.install();
  ReadingProgress progress(*files, options);
  const Ended ended = run_session(
      progress.source(), *output, signals, options,
      [](const SessionTotals& totals) { say(std::to_string(totals.written) + " packets so far"); },
      [&progress](const SessionTotals&) { progress.look(); });
  const int told = output->tell_end ? output->tell_end() : 0;
  if (!ended.result && conversion.needs_pcapng && follows && may_start_over) {
    say("-w " + options.output.path + ": what passes does not fit into one pcap file; it becomes a pcapng file");
    options.output.format = FileFormat::kPcapng;
    options.output.format_follows_packets = false;
    return read_as(options, signals, names, false, true);
  }
  report_without_direction(*files);
  report_query(options, *files);
  if (const std::string text = file_command_text(options); !text.empty()) say(text);
  report_left_out(options, *files, conversion);
  if (!options.output.count_only) return ended.result ? told : fail_run(ended.result.error(), ended.totals);
  const std::uint64_t count = ended.totals.written;
  const int printed = print(std::to_string(count) + (count == 1 ? " packet\n" : " packets\n"));
  return ended.result ? printed : fail_run(ended.result.error(), ended.totals);
}

}  // namespace

int read_file(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  if (auto user = begin_run(options); !user) return fail(user.error());
  if (auto started = start_file_service(options); !started) return fail(started.error());
  if (auto started = start_segment_service(options); !started) return fail(started.error());
  auto names = host_names(options, {.interrupt_fd = signals->wake_fd()});
  if (!names) return fail(names.error());
  const bool may_start_over = can_start_over(options);  // while files can still be examined by name
  if (auto gone = give_up_privileges(options, {}); !gone) return fail(gone.error());
  Options how = options;
  return end_run(read_as(how, *signals, names->get(), may_start_over, false));
}

}  // namespace ringtap
