// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ringtap fleet: asks the agents of many hosts for one capture, and merges what they send.
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/signals.hpp"
#include "base/end_request.hpp"
#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "base/write_all.hpp"
#include "command/commands.hpp"
#include "command/file_service.hpp"
#include "command/fleet_comparison.hpp"
#include "command/fleet_report.hpp"
#include "command/messages.hpp"
#include "command/run.hpp"
#include "fleet/batch.hpp"
#include "fleet/clock_quality.hpp"
#include "fleet/fleet_hosts.hpp"
#include "fleet/fleet_source.hpp"
#include "fleet/nkey.hpp"
#include "fleet/opening.hpp"
#include "fleet/stream.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectPatience = 3s;
constexpr auto kPreparePatience = 25s;
constexpr auto kGoPatience = 3s;
// That agents go on when the one who collects does not end the capture.
constexpr auto kGrace = 30s;

std::string hint_text(const Fields& answer) {
  return plain_line(answer.text("refused"));
}

struct Session {
  std::string name;
  std::vector<std::string> hosts;  // that take part
  std::vector<HostFacts> others;   // that do not, with the reason
};

std::string boot_of(const std::string& host, const std::vector<Fields>& all) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Fields& one) { return one.text("host") == host; });
  return found == all.end() ? "" : std::string(found->text("boot"));
}

bool is_asked_to_end() {
  return EndRequest::of_this_run().asked();
}

Error ended_early() {
  return Error("asked to end before the capture began");
}

// A session that this run makes. Unless it begins, hosts that have attached their taps are told to end when this goes,
// and the servers to forget it. Borrows `nats`.
class NewSession {
 public:
  explicit NewSession(Nats& nats) : nats_(&nats) {}
  NewSession(NewSession&& other) noexcept : session(std::move(other.session)), nats_(std::exchange(other.nats_, {})) {}
  NewSession& operator=(NewSession&&) = delete;
  ~NewSession() {
    if (nats_ == nullptr) return;
    const Fields stop = Fields().add("request", "stop").add("session", session.name);
    static_cast<void>(ask_all(*nats_, session.hosts, stop, kGoPatience));
    static_cast<void>(delete_stream(*nats_, session.name));
  }
  void has_begun() { nats_ = nullptr; }

  Session session{.name = new_session_name(), .hosts = {}, .others = {}};

 private:
  Nats* nats_;
};

// First phase: every host compiles the filter, attaches, and keeps its gate closed. Refusals are said by name.
Result<NewSession> prepare(Nats& nats, const Options& options, std::chrono::nanoseconds longest) {
  auto all = ask_status(nats);
  if (!all) return all.take_error();
  auto hosts = matching_hosts(*all, options.fleet.hosts);
  if (!hosts) return hosts.take_error();
  if (hosts->empty()) {
    return Error(all->empty() ? "no agent answers at " + nats.server() : "no host is called " + options.fleet.hosts)
        .hint(all->empty() ? "is ringtap agent running?" : "ringtap fleet status lists them");
  }
  if (is_asked_to_end()) return ended_early();
  NewSession made(nats);
  Session& session = made.session;
  auto replicas = create_stream(nats, session.name, options.fleet.stream_bytes);
  if (!replicas) return replicas.take_error();
  Fields request;
  request.add("request", "prepare")
      .add("session", session.name)
      .add("expression", options.filter.expression)
      .add("longest", static_cast<std::uint64_t>(longest.count()));
  for (const std::string& option : options.fleet.capture_options) request.add("option", option);
  auto answers = ask_each(nats, *hosts, request, kPreparePatience);
  if (!answers) return answers.take_error();
  const bool is_over = is_asked_to_end();
  for (std::size_t i = 0; i < hosts->size(); ++i) {
    const Fields& answer = (*answers)[i];
    if (answer.number_or("ready", 0) == 1) {
      session.hosts.push_back((*hosts)[i]);
    } else if (!is_over) {
      warn((*hosts)[i] + " does not take part: " + hint_text(answer));
      session.others.push_back({.host = (*hosts)[i],
                                .clock = {.boot = boot_of((*hosts)[i], *all)},
                                .trouble = "did not take part: " + hint_text(answer)});
    }
  }
  if (is_over) return ended_early();
  const std::uint64_t required =
      options.fleet.require_all ? hosts->size() : std::max<std::uint64_t>(options.fleet.required, 1);
  Fields note;
  note.add("session", session.name).add("expression", options.filter.expression);
  for (const std::string& host : session.hosts) note.add("host", host);
  if (session.hosts.size() < required) {
    return Error(std::to_string(session.hosts.size()) + " of " + std::to_string(hosts->size()) +
                 " hosts take part, and " + std::to_string(required) + " have to");
  }
  if (auto left = leave_note(nats, session.name, note); !left) return left.take_error();
  return made;
}

// Second phase: all gates open at one moment, which is over when this returns.
Result<> open_gates(Nats& nats, const Session& session, bool verbose) {
  const auto asked = std::chrono::steady_clock::now();
  const Fields go = go_request(session.name, epoch_now_ns(), boot_id(), clock_quality());
  auto answers = ask_all(nats, session.hosts, go, kGoPatience);
  if (!answers) return answers.take_error();
  for (const Fields& answer : *answers) {
    if (answer.number_or("opened", 0) != 0) continue;
    warn(std::string(answer.text("host")) + " did not begin: " + hint_text(answer));
  }
  auto opened = opening_text(session.name, *answers, verbose);
  if (!opened) return opened.take_error();
  // Who begins a lead after the message does so at the latest a lead after its answer.
  std::this_thread::sleep_until((opened->is_common ? asked : std::chrono::steady_clock::now()) + kOpeningLead);
  say(opened->text);
  for (const std::string& line : opened->warnings) warn(line);
  return ok();
}

int show_status(Nats& nats) {
  auto all = ask_status(nats);
  if (!all) return fail(all.error());
  if (all->empty()) {
    return fail(Error("no agent answers at " + nats.server()).hint("is ringtap agent running, with the same --nats?"));
  }
  return print(status_text(*all));
}

int stop_session(Nats& nats, const std::string& session) {
  auto note = read_note(nats, session);
  if (!note) return fail(note.error());
  const Fields stop = Fields().add("request", "stop").add("session", session);
  auto answers = ask_all(nats, note->texts("host"), stop, kGoPatience);
  if (!answers) return fail(answers.error());
  int code = 0;
  for (const Fields& answer : *answers) {
    const bool stopped = !answer.text("state").empty();
    say(std::string(answer.text("host")) + ": " + (stopped ? "stops" : "was not there any more"));
  }
  return code;
}

int start_session(Nats& nats, const Options& options) {
  auto made = prepare(nats, options, options.limits.duration.value_or(0ns));
  if (!made) return fail(made.error());
  auto opened = open_gates(nats, made->session, options.text_style.dissect.verbosity > 0);
  if (opened && is_asked_to_end()) opened = ended_early();
  if (!opened) return fail(opened.error());
  made->has_begun();
  return print(made->session.name + "\n");
}

// A key to log in with: the seed in a file that its owner alone can read, the public key for the servers'
// configuration.
int make_key(const std::string& path) {
  auto pair = new_nkey();
  if (!pair) return fail(pair.error());
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail(Error::from_errno(errno, path, ErrorKind::kOutput));
  const std::string text = pair->seed + "\n";
  const Written written = write_all(file.get(), std::as_bytes(std::span(text)), true);
  if (written.error != 0) return fail(write_error(written.error, "write " + path));
  return print(pair->public_key + "\n");
}

// What the hosts of a session send, until all have ended. `begins`: it is this run's own, null otherwise.
int collect(Nats& nats, const Options& options, Signals& signals, HostNames* names, const Session& session,
            NewSession* begins) {
  auto source = FleetSource::open(
      nats, {.session = session.name, .hosts = session.hosts, .window = options.fleet.window, .tell = warn});
  if (!source) return fail(source.error());
  auto output =
      options.fleet.verb == FleetVerb::kCompare
          ? open_fleet_comparison(options, **source, session.others)
          : open_outputs({.options = options, .show_interface = true, .names = names, .source = source->get()});
  if (!output) return fail(output.error());
  signals.install(output->start_next_file != nullptr);
  // Threads of libnats run already: what remains is changed for all of them only as far as the user goes.
  if (auto gone = give_up_privileges(options, {}); !gone) return fail(gone.error());
  if (begins != nullptr) {
    if (auto opened = open_gates(nats, session, options.text_style.dissect.verbosity > 0); !opened) {
      return fail(opened.error());
    }
    begins->has_begun();
  }
  std::uint64_t told = 0;
  const Ended ended = run_session(
      **source, *output, signals, options,
      [&](const SessionTotals& totals) { say(std::to_string(totals.written) + " packets so far"); },
      [&](const SessionTotals&) {
        const std::uint64_t lost = total_lost((*source)->accounts());
        if (lost <= told) return;
        warn(std::to_string(lost) + (lost == 1 ? " packet" : " packets") + " lost so far");
        told = lost;
      });
  const int written = output->tell_end ? output->tell_end() : 0;
  const std::vector<FleetHostAccount> accounts = (*source)->accounts();
  print_to_stderr(fleet_report(accounts, ended.totals));
  const bool is_whole = std::all_of(accounts.begin(), accounts.end(), [](const FleetHostAccount& account) {
    return account.has_ended && account.missing == 0;
  });
  if (begins != nullptr && is_whole && ended.result) {
    if (auto gone = delete_stream(nats, session.name); !gone) say(gone.error().text());
  } else {
    say("the servers keep session " + session.name + " for a day: ringtap fleet collect " + session.name);
  }
  if (!ended.result) return end_run(fail_run(ended.result.error(), ended.totals));
  if (written != 0) return end_run(written);
  const std::uint64_t lost = total_lost(accounts);
  if (options.strict_loss && (lost > 0 || !is_whole)) {
    say(std::to_string(lost) + " packets were lost (--strict-loss)");
    return kExitLoss;
  }
  return end_run(0);
}

}  // namespace

int fleet(const Options& options) {
  if (options.fleet.verb == FleetVerb::kKey) return make_key(options.fleet.key_file);
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  if (auto user = begin_run(options); !user) return fail(user.error());
  auto nats = Nats::prepare(options.servers, "ringtap fleet", kFleetInbox);
  if (!nats) return fail(nats.error());
  const FleetVerb verb = options.fleet.verb;
  const bool prints = verb == FleetVerb::kCapture || verb == FleetVerb::kCompare || verb == FleetVerb::kCollect;
  std::unique_ptr<HostNames> names;
  // Helper processes are started before there are threads.
  if (prints) {
    if (auto started = start_file_service(options); !started) return fail(started.error());
    auto looked_up = host_names(options, {.patience = 20ms, .interrupt_fd = signals->wake_fd()});
    if (!looked_up) return fail(looked_up.error());
    names = looked_up.take();
  }
  if (auto connected = (*nats)->connect(kConnectPatience); !connected) return fail(connected.error());
  // Hosts that have attached their taps by then are told.
  if (verb == FleetVerb::kCapture || verb == FleetVerb::kCompare || verb == FleetVerb::kStart) signals->install();
  switch (verb) {
    case FleetVerb::kStatus:
      return show_status(**nats);
    case FleetVerb::kStart:
      return start_session(**nats, options);
    case FleetVerb::kStop:
      return stop_session(**nats, options.fleet.session);
    case FleetVerb::kCollect: {
      auto note = read_note(**nats, options.fleet.session);
      if (!note) return fail(note.error());
      return collect(**nats, options, *signals, names.get(), {options.fleet.session, note->texts("host"), {}}, nullptr);
    }
    case FleetVerb::kCapture:
    case FleetVerb::kCompare: {
      const auto longest = options.limits.duration ? *options.limits.duration + kGrace : 0ns;
      auto made = prepare(**nats, options, longest);
      if (!made) return fail(made.error());
      return collect(**nats, options, *signals, names.get(), made->session, &*made);
    }
    case FleetVerb::kKey:
    case FleetVerb::kNone:
      break;
  }
  return 2;
}

}  // namespace ringtap
