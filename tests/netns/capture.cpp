// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "capture.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>

#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

std::vector<std::string> join(std::vector<std::string> front, const std::vector<std::string>& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

std::vector<std::string> ringtap(const char* subcommand, const std::string& ready_file) {
  std::vector<std::string> argv = {ringtap_binary()};
  if (subcommand != nullptr) argv.emplace_back(subcommand);
  return join(std::move(argv), {"--ready-file", ready_file});
}

}  // namespace

Capture::Capture(const Namespace& where, std::vector<std::string> arguments, const std::function<void()>& in_child,
                 const char* subcommand)
    : process_(where.command(join(ringtap(subcommand, folder_ / "ready"), arguments)), in_child) {
  EXPECT_TRUE(process_.wait_ready(folder_ / "ready")) << process_.err();
}

Finished Capture::stop(int signal) {
  process_.signal(signal);
  return finish();
}

Finished Capture::finish() {
  const std::optional<ExitStatus> status = process_.wait();
  EXPECT_TRUE(status) << "ringtap does not end\n" << process_.err();
  return {status.value_or(ExitStatus{}), process_.out(), process_.err()};
}

Tcpdump::Tcpdump(const Namespace& where, std::vector<std::string> arguments)
    : process_(where.command(join({"tcpdump", "--immediate-mode", "-B", "32768", "-s", "66000"}, arguments))) {
  EXPECT_TRUE(process_.wait_for_err("listening on")) << process_.err();
}

// Ended while packets wait in its buffer, tcpdump leaves them there and counts no loss. SIGUSR1 makes it say how far it
// is: "tcpdump: 7 packets captured, 9 packets received by filter, …". Where libpcap passes over some (loopback), the
// two never meet, and standing still has to do.
void Tcpdump::catch_up() {
  static const std::regex kProgress("tcpdump: (\\d+) packets? captured, (\\d+) packets? received by filter");
  constexpr auto kStandstill = 300ms;
  std::string captured_before;
  auto changed = std::chrono::steady_clock::now();
  const auto has_all = [&] {
    const std::size_t begin = process_.err().size();
    process_.signal(SIGUSR1);
    std::string told;
    std::smatch progress;
    const bool answered = wait_until(
        [&] {
          told = process_.err().substr(begin);
          return std::regex_search(told, progress, kProgress);
        },
        1s);
    if (!answered) return false;
    if (progress[1] == progress[2]) return true;
    const auto now = std::chrono::steady_clock::now();
    if (progress[1] != captured_before) changed = now;
    captured_before = progress[1];
    return now - changed > kStandstill;
  };
  EXPECT_TRUE(wait_until(has_all)) << "tcpdump does not catch up\n" << process_.err();
}

Finished Tcpdump::stop() {
  catch_up();
  process_.signal(SIGINT);
  const std::optional<ExitStatus> status = process_.wait();
  EXPECT_TRUE(status) << "tcpdump does not end";
  const auto closing = parse_closing_lines(process_.err());
  EXPECT_TRUE(closing && closing->dropped == 0) << "tcpdump lost packets\n" << process_.err();
  return {status.value_or(ExitStatus{}), process_.out(), process_.err()};
}

void send_begin(const TwoHosts& hosts) {
  send_udp(hosts.left, TwoHosts::kRightIpv4, kBeginPort, Payload{std::string(kBeginMarker)}.bytes);
}

void send_end(const TwoHosts& hosts) {
  send_udp(hosts.left, TwoHosts::kRightIpv4, kEndPort, Payload{std::string(kEndMarker)}.bytes);
}

void warm_up(const TwoHosts& hosts) {
  ping(hosts.left, TwoHosts::kRightIpv4, 1);
  ping(hosts.left, TwoHosts::kRightIpv6, 1);
}

void ping(const Namespace& from, const std::string& address, unsigned count, std::size_t size) {
  const Finished result = run(from.command(
      {"ping", "-q", "-n", "-c", std::to_string(count), "-i", "0.002", "-s", std::to_string(size), address}));
  ASSERT_EQ(result.status, (ExitStatus{0, 0})) << result;
}

BpfObjects bpf_objects_of(const Process& process) {
  BpfObjects objects;
  const auto number_after = [](const std::string& line, std::string_view key) -> std::optional<unsigned> {
    if (!line.starts_with(key)) return std::nullopt;
    return static_cast<unsigned>(std::stoul(line.substr(key.size())));
  };
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fdinfo")) {
    std::ifstream file(entry.path());
    std::optional<unsigned> link;
    std::optional<unsigned> program;
    for (std::string line; std::getline(file, line);) {
      if (const auto number = number_after(line, "link_id:")) link = number;
      if (const auto number = number_after(line, "prog_id:")) program = number;
    }
    if (link) objects.links.insert(*link);
    if (program) objects.programs.insert(*program);
  }
  return objects;
}

::testing::AssertionResult all_gone(const BpfObjects& objects) {
  const auto there = [](const char* kind, unsigned id) {
    return run({"bpftool", kind, "show", "id", std::to_string(id)}).status == ExitStatus{0, 0};
  };
  const auto none = [&](const char* kind, const std::set<unsigned>& ids) {
    return wait_until(
        [&] { return std::none_of(ids.begin(), ids.end(), [&](unsigned id) { return there(kind, id); }); }, 5s);
  };
  if (!none("link", objects.links)) return ::testing::AssertionFailure() << run({"bpftool", "link", "show"}).out;
  if (!none("prog", objects.programs)) return ::testing::AssertionFailure() << run({"bpftool", "prog", "show"}).out;
  return ::testing::AssertionSuccess();
}

std::vector<std::string> lines_between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::vector<std::string> lines = lines_of(text);
  const auto has = [](std::string_view word) {
    return [word](const std::string& line) { return line.find(word) != std::string::npos; };
  };
  const auto first = std::find_if(lines.rbegin(), lines.rend(), has(begin)).base();
  const auto last = std::find_if(first, lines.end(), has(end));
  return {first, last};
}

}  // namespace ringtap::testing
