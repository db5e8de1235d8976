// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/system_report.hpp"

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <vector>

#include "command/messages.hpp"
#include "live/live_source.hpp"
#include "loader/features.hpp"
#include "loader/memory_limit.hpp"
#include "ringtap/tap.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/sandbox.hpp"

namespace ringtap {
namespace {

std::string line(std::string_view name, const std::string& text) {
  constexpr std::size_t kColumn = 12;
  std::string padded(name);
  padded.resize(std::max(kColumn, padded.size() + 2), ' ');
  return padded + text + "\n";
}

struct Right {
  unsigned number;
  std::string_view name;
};
constexpr std::array kRights = {Right{CAP_BPF, "CAP_BPF"}, Right{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                Right{CAP_NET_RAW, "CAP_NET_RAW"}, Right{CAP_PERFMON, "CAP_PERFMON"}};

// proc_pid_status(5).
std::string status_field(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string text; std::getline(status, text);) {
    if (!text.starts_with(name)) continue;
    return text.substr(text.find_first_not_of(" \t", name.size()));
  }
  return "";
}

std::string rights_text() {
  const std::uint64_t effective = std::strtoull(status_field("CapEff:").c_str(), nullptr, 16);
  std::string has;
  std::string lacks;
  for (const Right& right : kRights) {
    std::string& list = (effective >> right.number & 1) != 0 ? has : lacks;
    list.append(list.empty() ? "" : ", ").append(right.name);
  }
  return "user " + std::to_string(::geteuid()) + (has.empty() ? "" : ", has " + has) +
         (lacks.empty() ? "" : ", lacks " + lacks) +
         (status_field("Seccomp:") == "2" ? ", under a seccomp filter" : "");
}

std::string memory_text() {
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  const MemoryLimit limit = memory_limit();
  const auto bytes = buffer_size(std::nullopt, limit);
  return bytes ? std::to_string(*bytes / kMib) + " MiB of buffers unless -B says otherwise: " + limit.text
               : error_text(bytes.error());
}

// What a capture would lack: a child process tries it, since nothing can undo it.
std::string sandbox_text() {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return "unknown";
  const pid_t child = ::fork();
  if (child == 0) {
    (void)give_up_privileges({}, "");
    const std::string missing = confine({});
    [[maybe_unused]] const auto written = ::write(pipe[1], missing.data(), missing.size());
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string missing(512, '\0');
  const ssize_t size = ::read(pipe[0], missing.data(), missing.size());
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (child < 0 || size < 0 || status != 0) return "cannot be tried";
  missing.resize(static_cast<std::size_t>(size));
  return missing.empty() ? "complete" : missing;
}

// The programs of one family are loaded for loopback, and attached nowhere.
Result<> try_taps(TapSet taps) {
  if (taps.contains_any(kPacketTaps)) {
    const UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!socket) return Error::from_errno(errno, "open an AF_PACKET socket").hint("needs CAP_NET_RAW");
  }
  LiveOptions options;
  options.interfaces = {"lo"};
  options.taps = taps;
  options.may_choose_taps = false;
  auto source = LiveSource::create(options, [](const std::string&) {});
  return source ? ok() : Result<>(source.take_error());
}

std::vector<std::string_view> families() {
  std::vector<std::string_view> names;
  for (const TapTraits& tap : kTapTraits) {
    if (tap.tap != Tap::kUnknown && (names.empty() || names.back() != tap.family)) names.push_back(tap.family);
  }
  return names;
}

std::string yes(bool value) {
  return value ? "yes" : "no";
}

std::string features_text() {
  const auto features = probe_features();
  if (!features) return line("features", error_text(features.error()));
  std::string text;
  const auto feature = [&](const char* name, bool has) {
    text += std::string(text.empty() ? "" : ", ") + name + " " + yes(has);
  };
  feature("xdp_load_bytes", features->xdp_load_bytes);
  feature("kernel_casts", features->kernel_casts);
  feature("stage_flusher", features->stage_flusher);
  feature("netfilter", features->netfilter);
  feature("traced_netfilter", features->traced_netfilter);
  feature("drop_reason", features->drop_reason);
  feature("drop_socket", features->drop_socket);
  feature("end_location", features->end_location);
  feature("packet_program", features->packet_program);
  feature("long_jumps", features->long_jumps);
  return line("features", text);
}

std::string machine_text() {
  utsname system{};
  const std::string kernel =
      ::uname(&system) == 0 ? std::string(system.sysname) + " " + system.release + " " + system.machine : "unknown";
  return line("kernel", kernel) + line("rights", rights_text()) + line("memory", memory_text()) +
         line("sandbox", sandbox_text());
}

}  // namespace

SystemReport examine_system() {
  SystemReport report{.text = machine_text()};
  std::string reason;  // of the tap before
  for (const std::string_view family : families()) {
    const auto works = try_taps(taps_of_word(family, kAllTaps));
    const std::string why = works ? "" : error_text(works.error());
    report.text += line(family, works ? "works" : why == reason ? "no, as above" : "no: " + why);
    reason = why;
    report.can_capture |= static_cast<bool>(works);
  }
  return report;
}

std::string bug_report_text() {
  return machine_text() + features_text();
}

}  // namespace ringtap
