// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ringtap agent: waits for ringtap fleet to ask for captures at this host.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/service_manager.hpp"
#include "app/signals.hpp"
#include "base/end_request.hpp"
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "fleet/agent.hpp"
#include "fleet/capture_process.hpp"
#include "net/namespaces.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

// What one may ask for, by the long names of the options; nothing among them opens a file, starts a program or changes
// a packet's way.
constexpr std::array<std::string_view, 14> kAskable = {"--follow",      "--interface",
                                                       "--tap",         "--xdp-mode",
                                                       "--direction",   "--snapshot-length",
                                                       "--buffer-size", "--slice",
                                                       "--sample",      "--max-pps",
                                                       "--time-batch",  "--any-vlan",
                                                       "--no-optimize", "--no-promiscuous-mode"};
constexpr std::size_t kMostOptions = 256;

Error refused(std::string why) {
  return Error("not allowed here: " + std::move(why));
}

// Checks what the words mean, and adds what makes them stay within the limits.
Result<> keep_to(const AgentLimits& limits, const Options& asked, std::vector<std::string>& words) {
  if (limits.taps) {
    TapSet others = asked.capture.taps;
    if (asked.follow) others.insert(Tap::kEnd);
    others.erase(*limits.taps);
    if (!others.empty()) return refused("--allow names other taps").hint(tap_words(*limits.taps));
  }
  if (limits.snaplen > 0 && asked.capture.snaplen > limits.snaplen) {
    words.push_back("--snapshot-length=" + std::to_string(limits.snaplen));
  }
  const std::uint64_t pps = asked.capture.reduction.max_pps;
  if (limits.max_pps > 0 && (pps == 0 || pps > limits.max_pps)) {
    words.push_back("--max-pps=" + std::to_string(limits.max_pps));
  }
  return ok();
}

Result<Options> parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"ringtap"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

Result<std::vector<std::string>> capture_words(const AgentLimits& limits, const Fields& request) {
  std::vector<std::string> words = {"--gate", "-v", "-w", "-", "--format", "pcapng"};
  const std::vector<std::string> options = request.texts("option");
  if (options.size() > kMostOptions) return refused("so many options");
  for (const std::string& option : options) {
    const std::string_view name = std::string_view(option).substr(0, option.find('='));
    if (std::find(kAskable.begin(), kAskable.end(), name) == kAskable.end()) {
      return refused("the option " + std::string(name));
    }
    words.push_back(option);
  }
  const std::string expression(request.text("expression"));
  const auto with_filter = [&] {
    std::vector<std::string> all = words;
    // One word, and none that an option could begin with.
    if (!expression.empty()) all.insert(all.end(), {"--", " " + expression});
    return all;
  };
  auto asked = parse(with_filter());
  if (!asked) return asked.take_error();
  if (asked->action != Action::kCapture || !asked->gate) return refused("it is not a capture");
  if (auto kept = keep_to(limits, *asked, words); !kept) return kept.take_error();
  auto bounded = parse(with_filter());
  if (!bounded) return std::move(bounded.take_error()).context("within what --allow permits");
  return with_filter();
}

// Which taps work here is found out by `ringtap doctor`, which takes a second or more, beside the agent.
class Doctor {
 public:
  Doctor() {
    auto process = CaptureProcess::start({"doctor"});
    if (process) process_.emplace(process.take());
  }
  // "xdp tc packet", as far as it is known.
  std::string taps() {
    read();
    return process_ ? "examining" : taps_;
  }
  void read() {
    std::array<char, 4096> text{};
    while (process_) {
      const ssize_t got = ::read(process_->output(), text.data(), text.size());
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got > 0) {
        report_.append(text.data(), static_cast<std::size_t>(got));
        continue;
      }
      process_.reset();
      keep_taps();
    }
  }

 private:
  // "xdp         works"
  void keep_taps() {
    for (std::string_view rest = report_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.ends_with(" works")) taps_.append(taps_.empty() ? "" : " ").append(line.substr(0, line.find(' ')));
    }
    if (taps_.empty()) taps_ = "none";
  }

  std::optional<CaptureProcess> process_;
  std::string report_;
  std::string taps_;
};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

int agent(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  AgentOptions how = options.agent;
  if (how.host_id.empty()) how.host_id = host_name();
  ServiceManager manager = ServiceManager::of_environment();
  Doctor doctor;
  auto made = Agent::create(
      {.connection = options.servers,
       .options = how,
       .features = [&doctor] { return doctor.taps(); },
       .version = version_text(),
       .netns = own_netns(),
       .words_of = [limits = how.limits](const Fields& request) { return capture_words(limits, request); },
       .tell = say,
       .ends = [] { return EndRequest::of_this_run().asked(); },
       .on_second =
           [&](const std::string& status) {
             doctor.read();
             manager.status(status);
           }});
  if (!made) return fail(made.error());
  signals->install();
  manager.ready("waits for requests");
  auto ended = (*made)->run();
  manager.stopping();
  return ended ? 0 : fail(ended.error());
}

}  // namespace ringtap
