// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A live capture.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/report.hpp"
#include "base/end_request.hpp"
#include "base/now.hpp"
#include "cli/interpretation.hpp"
#include "command/child_command.hpp"
#include "command/commands.hpp"
#include "command/file_requests.hpp"
#include "command/file_service.hpp"
#include "command/gate.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "command/monitor.hpp"
#include "command/run.hpp"
#include "command/screen.hpp"
#include "command/segment_service.hpp"
#include "filter/expression_tree.hpp"
#include "filter/link_type_name.hpp"

namespace ringtap {
namespace {

// How long a live capture waits for names in total: enough for some hundred from local files, while the rings hold many
// more packets.
constexpr auto kNamePatience = std::chrono::milliseconds(20);

// "eth0 (tc ingress and egress)"; of many, and of `any`, their number and each description once.
std::string places_text(const Options& options, const LiveSource& source) {
  const std::vector<Interface>& interfaces = source.interfaces();
  constexpr std::size_t kMostNames = 6;
  const bool is_any = options.capture.interfaces == std::vector<std::string>{"any"};
  const bool several_taps = family_count(options.capture.taps) > 1;
  std::string names;
  std::set<std::string> devices;
  std::vector<std::string> taps;
  for (const Interface& interface : interfaces) {
    names += (names.empty() ? "" : ", ") + interface.name + " (" + interface.description + ")";
    devices.insert(several_taps ? interface.name.substr(0, interface.name.rfind(':')) : interface.name);
    if (std::find(taps.begin(), taps.end(), interface.description) == taps.end()) taps.push_back(interface.description);
  }
  if (!is_any && interfaces.size() <= kMostNames) return names;
  std::string text = std::to_string(devices.size()) + (devices.size() == 1 ? " interface (" : " interfaces (");
  for (std::size_t i = 0; i < taps.size(); ++i) text += (i == 0 ? "" : ", ") + taps[i];
  return (is_any ? "any: " : "") + text + ")";
}

void announce(const Options& options, const LiveSource& source) {
  const DissectOptions& style = options.text_style.dissect;
  if (options.output.print && style.verbosity == 0 && !style.quiet && options.text_style.json.fields.empty()) {
    say("verbose output suppressed, use -v[v]... for full protocol decode");
  }
  if (source.threads() < options.capture.threads) {
    say("--threads " + std::to_string(options.capture.threads) + ": there are " + std::to_string(source.threads()) +
        " rings, one for each CPU, and so as many threads");
  }
  const LinkType type = source.interfaces().empty() ? LinkType::kEthernet : source.interfaces().front().link_type;
  say("listening on " + places_text(options, source) + ", link-type " + link_type_text(type) + ", snapshot length " +
      std::to_string(options.capture.snaplen) + " bytes" + (style.verbosity > 0 ? ", " + source.buffer_text() : ""));
}

// An expression that does not speak of tags rejects tagged frames, which tcpdump would have matched.
void tell_of_tagged_frames(LiveSource& source, const FilterOptions& filter) {
  if (filter.any_vlan || has_word(filter.expression, "vlan")) return;
  const auto account = source.account();
  if (!account) return;  // report() says why
  if (const std::string text = tagged_text(*account); !text.empty()) say(text);
}

// On standard error: tcpdump's three lines and, with -v, the accounting.
void report(LiveSource& source, const Options& options, const SessionTotals& totals, bool running) {
  auto account = source.account();
  if (!account) return say(account.error().text());
  print_to_stderr(summary_text(*account, totals));
  if (options.text_style.dissect.verbosity == 0) return;
  print_to_stderr(accounting_text(*account, totals, options.text_style.dissect.verbosity > 1, running));
}

// While it runs, at most once a second: the first loss and every further one, and what helps; and with -v -w, on a
// terminal, tcpdump's line of how many packets were captured. Used by the thread that reads the rings.
class Progress {
 public:
  Progress(LiveSource& source, const Options& options)
      : source_(source),
        counts_(options.text_style.dissect.verbosity > 0 && !options.output.path.empty() && !options.output.print &&
                ::isatty(STDERR_FILENO) == 1),
        may_have_threads_(options.capture.threads == 1 && source.rings() > 1 && check_threads(options)),
        may_have_files_(source.threads() > 1 && !options.output.file_per_thread) {}

  void look(const SessionTotals& totals) {
    if (counts_) show_count(totals.written);
    const bool is_busy = reader_.was_busy();
    const auto account = source_.account();
    if (!account || account->total().dropped() <= told_) return;
    std::string text = loss_text(*account);
    if (told_ == 0) {
      text += may_have_files_ ? "; a larger -B, a smaller -s, a filter or --file-per-thread helps"
                              : "; a larger -B, a smaller -s or a filter helps";
    }
    if (is_busy && may_have_threads_ && !std::exchange(told_of_threads_, true)) {
      text += "; --threads helps: the thread that reads the rings is busy all the time";
    }
    warn(text);
    told_ = account->total().dropped();
  }

 private:
  // How much of the time this thread was at work.
  class BusyWatch {
   public:
    // Since the last call. A thread that waits for a disk is not busy.
    bool was_busy() {
      constexpr double kBusy = 0.9;
      const std::uint64_t time_ns = monotonic_now_ns();
      const std::uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
      const auto passed = static_cast<double>(time_ns - std::exchange(time_ns_, time_ns));
      return static_cast<double>(cpu_ns - std::exchange(cpu_ns_, cpu_ns)) > kBusy * passed;
    }

   private:
    std::uint64_t time_ns_ = monotonic_now_ns();
    std::uint64_t cpu_ns_ = now_ns(CLOCK_THREAD_CPUTIME_ID);
  };

  LiveSource& source_;
  bool counts_;
  bool may_have_threads_;  // more than one
  bool may_have_files_;    // …
  bool told_of_threads_ = false;
  BusyWatch reader_;
  std::uint64_t told_ = 0;
};

// --strict-loss
int exit_code_of_loss(LiveSource& source, const Options& options) {
  const auto account = source.account();
  if (!options.strict_loss || !account || account->total().dropped() == 0) return 0;
  say(std::to_string(account->total().dropped()) +
      " packets were lost (--strict-loss); a larger -B, a smaller -s or a filter helps");
  return kExitLoss;
}

// -- COMMAND: none if none was given.
Result<std::optional<ChildCommand>> start_command(Options& options) {
  if (options.command.empty()) return std::optional<ChildCommand>();
  auto child = ChildCommand::start(options.command);
  if (!child) return child.take_error();
  options.capture.of.command = static_cast<std::uint32_t>(child->pid());
  return std::optional(child.take());
}

// --threads: the last thing before the session, which ends them before the sinks.
Result<> start_threads(LiveSource& source, const Output& output) {
  return output.threads == nullptr ? ok() : source.start_threads(output.threads->each(), output.threads->are_joined());
}

// … and how to get what they have written as one file.
void tell_of_files(const LiveSource& source, const Options& options) {
  if (source.threads() == 1 || !options.output.file_per_thread) return;
  if (options.output.rotation.rotates()) {
    return say(
        std::to_string(source.threads()) + " sets of files, those of the " +
        (source.threads() == 2 ? "second end in .2" : "others end in .2 to ." + std::to_string(source.threads())) +
        "; all packets in time order: ringtap -V with a list of the files");
  }
  std::string text =
      std::to_string(source.threads()) + " files, each in time order; all packets in time order: ringtap";
  for (std::size_t i = 1; i <= source.threads(); ++i) text += " -r " + thread_file_name(options.output.path, i);
  say(text + " -w FILE");
}

// The capture ends when the command does.
void end_with(const ChildCommand& child, Output& output) {
  output.is_done = [&child, is_done = std::move(output.is_done)] {
    if (child.has_ended()) EndRequest::of_this_run().ask();
    return is_done && is_done();
  };
}

}  // namespace

int capture(const Options& given) {
  Options options = given;
  if (options.extcap.captures) say_only_errors();
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  if (auto user = begin_run(options); !user) return fail(user.error());
  auto child = start_command(options);
  if (!child) return fail(child.error());
  const int end_fd = *child ? (*child)->fd() : options.gate ? STDIN_FILENO : -1;
  auto live = open_live(options, options.follow, signals->wake_fd(), end_fd);
  if (!live) return fail(live.error());
  if (options.capture.reduction.leaves_out() && !options.output.path.empty() &&
      options.output.format == FileFormat::kPcap) {
    say("a pcap file cannot record that packets were cut or left out on purpose; --format pcapng can");
  }
  LiveSource& source = *live->source;
  if (auto started = start_file_service(options); !started) return fail(started.error());
  if (auto started = start_segment_service(options); !started) return fail(started.error());
  auto monitor = Monitor::prepare(options);
  if (!monitor) return fail(monitor.error());
  const bool has_table = options.output.summary && !options.output.summary->json;
  auto screen = has_table ? Screen::prepare() : Result(std::unique_ptr<Screen>());
  if (!screen) return fail(screen.error());
  if (auto started = start_helpers(options, source); !started) return fail(started.error());
  auto names = host_names(options, {.patience = kNamePatience, .interrupt_fd = signals->wake_fd()});
  if (!names) return fail(names.error());
  Gate gate;  // outlives the output
  auto output =
      open_outputs({.options = options,
                    .show_interface = source.has_several_interfaces() && source.link_type() != LinkType::kLinuxSll2,
                    .names = names->get(),
                    .source = &source,
                    .screen = screen->get(),
                    .threads = source.threads()});
  if (!output) return fail(output.error());
  if (options.gate) gate.guard(*output, source);
  signals->install(output->start_next_file != nullptr);
  auto needs = attach(options, source);
  if (!needs) return fail(needs.error());
  announce(options, source);
  if (auto ready = make_ready_file(options); !ready) return fail(ready.error());
  if (auto gone = give_up_privileges(options, *needs); !gone) return fail(gone.error());
  confine(options, *needs);
  if (auto started = (*monitor)->start(source, *output); !started) return fail(started.error());
  if (output->threads != nullptr) {
    output->start_next_file = [&source, start = std::move(output->start_next_file)] {
      return source.while_threads_stand(start);
    };
  }
  output->start_next_file = (*monitor)->start_next_file(std::move(output->start_next_file));
  if (*child) {
    if (auto running = (*child)->release(); !running) return fail(running.error());
    end_with(**child, *output);
  }
  if (auto started = start_threads(source, *output); !started) return fail(started.error());
  Progress progress(source, options);
  const Ended ended = run_session(
      source, *output, *signals, options,
      [&](const SessionTotals& totals) {
        report(source, options, totals, true);
        (*monitor)->tell_counts(totals);
      },
      [&](const SessionTotals& totals) {
        progress.look(totals);
        (*monitor)->look(totals);
        if (output->on_second) output->on_second();
      });
  (*monitor)->end(ended.totals);
  const int told = output->tell_end ? output->tell_end() : 0;
  tell_of_tagged_frames(source, options.filter);
  report(source, options, ended.totals, false);
  if (const std::string text = file_command_text(options); !text.empty()) say(text);
  tell_of_files(source, options);
  if (ended.result && told != 0) return end_run(told);
  return end_run(ended.result ? exit_code_of_loss(source, options) : fail_run(ended.result.error(), ended.totals));
}

}  // namespace ringtap
