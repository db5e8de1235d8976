// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: what goes over the sockets between a process in the sandbox and its helpers, from either side. The
// first byte chooses the helper; the requests of a process that was taken over are whatever it likes, and so is an
// answer. A helper may accept only what its role allows, which is put into words here a second time: a link of one of
// the programs at a device, a listing of rules, a file that the command line names.
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <set>
#include <string>
#include <string_view>

#include "command/file_requests.hpp"
#include "loader/device_link.hpp"
#include "loader/uapi.hpp"
#include "names/host_names.hpp"
#include "net/device_names.hpp"
#include "nft/nft_lister.hpp"
#include "sandbox/helper_process.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

int errno_of(std::string answer) {
  return HelperProcess::Answer{std::move(answer), {}}.errno_value();
}

void check_links(FuzzInput input) {
  const std::array<int, 2> programs = {5, 9};
  const std::string_view request = input.take_text();
  const auto link = parse_link_request(request, programs);
  if (link) {
    require(std::find(programs.begin(), programs.end(), link->program_fd) != programs.end());
    const bool is_tcx = link->type == kAttachTcxIngress || link->type == kAttachTcxEgress;
    require(is_tcx ? link->flags == kBefore : link->type == BPF_XDP);
    require(request == std::string_view(reinterpret_cast<const char*>(&*link), sizeof *link));
  } else {
    require(link.error().errno_value() == EINVAL || link.error().errno_value() == EBADF);
  }
  const int err = errno_of(std::string(request));
  require(err > 0);
  require(errno_of(std::to_string(err)) == err);
}

void check_rules(FuzzInput input) {
  const std::string_view what = input.take_text();
  const auto command = nft_list_command(what);
  if (!command) return;
  // One command, of these words, that changes nothing.
  require(command->find('\n') == command->size() - 1 && command->find_first_of("#;{}\"'\\$\t") == std::string::npos);
  require(*command == "list ruleset\n" ||
          (command->starts_with("list chain ") && std::count(command->begin(), command->end(), ' ') == 4));
  require(nft_list_command(std::string_view(*command).substr(5, command->size() - 6)) == command);
}

void check_names(FuzzInput input) {
  const std::string_view request = input.take_text();
  if (const auto question = parse_device_question(request)) {
    require(question->kind <= DeviceQuestion::kSocket && request.size() == sizeof *question);
  }
  // Any other would be looked up.
  if (request.size() == 4 || request.size() == 6 || request.size() == 16) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(request.data());
  require(HostNames::look_up_on_this_host({bytes, request.size()}).empty());
}

Options command_line(FuzzInput& input) {
  static constexpr std::array kPaths = {"x.pcap", "/tmp/x", "x", "%s", "x%M%S", "d/%Y-%m-%d_%H:%M:%S.pcap",
                                        "%",      "a%%b"};
  const auto choices = input.take<std::uint8_t>();
  Options options;
  options.output.path = kPaths[choices % kPaths.size()];
  options.read_paths = {"in.pcap", "y"};
  if ((choices & 0x08) != 0) options.output.rotation.seconds = 1;
  if ((choices & 0x10) != 0) options.output.rotation.bytes = 1;
  if ((choices & 0x20) != 0) options.output.rotation.files = 1 + input.take<std::uint8_t>();
  if ((choices & 0x40) != 0) options.output.rotate_command = "gzip";
  return options;
}

bool has_number_after(const std::string& path, const std::string& name) {
  return path.starts_with(name) && path.find_first_not_of("0123456789", name.size()) == std::string::npos;
}

// The names of -w at these times that this path is one of, apart from the digits of -C.
std::set<std::string> names_of(const Options& options, const std::string& path, std::time_t now) {
  std::set<std::string> names;
  for (std::time_t time = now - 60; time <= now + 1; ++time) {
    std::string name = options.output.path;
    std::array<char, 256> text{};
    std::tm parts{};
    if (options.output.rotation.seconds > 0) {
      localtime_r(&time, &parts);
      if (std::strftime(text.data(), text.size(), name.c_str(), &parts) == 0) continue;
      name = text.data();
    }
    const bool is_numbered = options.output.rotation.bytes > 0 && has_number_after(path, name);
    if (path == name || is_numbered) names.insert(name);
  }
  return names;
}

void check_files(FuzzInput input) {
  const Options options = command_line(input);
  FileRequests requests(options);
  std::time_t now = 1'700'000'000;
  std::set<std::string> written;
  std::set<std::string> slices;
  std::string opened;
  while (!input.empty()) {
    const std::string_view text = input.take_until('\n');
    if (text.starts_with('t')) {
      now += static_cast<std::time_t>(text.size());
      continue;
    }
    // A name that is made of the time now, as the process itself makes it.
    std::string request(text);
    if (const std::size_t mark = request.find('\x01'); mark != std::string::npos) {
      std::array<char, 256> name{};
      std::tm parts{};
      localtime_r(&now, &parts);
      std::strftime(name.data(), name.size(), options.output.path.c_str(), &parts);
      request.replace(mark, 1, name.data());
    }
    const auto accepted = requests.accept(request, now);
    if (!accepted) {
      require(!accepted.error().text().empty());
      continue;
    }
    require(accepted->text() == request);
    const auto use = accepted->use;
    const std::string& path = accepted->path;
    if (use == FileUse::kRead) {
      require(path == "in.pcap" || path == "y");
    } else if (use == FileUse::kLookAt) {
      require(path == options.output.path && !options.output.rotation.rotates());
      opened = path;
    } else if (use == FileUse::kFolder) {
      require(!path.empty() && path == opened);
    } else if (use == FileUse::kWrite) {
      // Later numbers of a name that was made before have its time.
      const bool is_later = std::any_of(slices.begin(), slices.end(), [&](const std::string& slice) {
        return options.output.rotation.bytes > 0 && has_number_after(path, slice);
      });
      const auto names = names_of(options, path, now);
      require(is_later || !names.empty());
      require(options.output.rotation.rotates() || path == options.output.path);
      slices.insert(names.begin(), names.end());
      written.insert(path);
      opened = path;
    } else {
      require(options.output.rotate_command == "gzip" && written.erase(path) == 1);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  switch (input.take<std::uint8_t>() % 4) {
    case 0:
      check_links(input);
      break;
    case 1:
      check_rules(input);
      break;
    case 2:
      check_names(input);
      break;
    default:
      check_files(input);
  }
  return 0;
}
