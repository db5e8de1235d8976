// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_lister.hpp"

#include <linux/capability.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string_view>

#include "base/write_all.hpp"
#include "nft/nft_context.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

// A listing may be many megabytes: it is handed over as a file in memory. None if the memory is short.
UniqueFd file_of(std::string_view text) {
  UniqueFd file(::memfd_create("ringtap-listing", MFD_CLOEXEC));
  if (file && write_all(file.get(), std::as_bytes(std::span(text)), true).error != 0) file.reset();
  return file;
}

std::optional<std::string> content_of(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  if (size < 0) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::pread(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return text;
}

bool is_word(std::string_view text) {
  // The scanner's STRING, https://git.netfilter.org/nftables/tree/src/scanner.l
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

std::optional<std::string> nft_list_command(std::string_view what) {
  const std::string command = "list " + std::string(what) + "\n";
  if (what == "ruleset") return command;
  constexpr std::string_view kChain = "chain ";
  if (!what.starts_with(kChain)) return std::nullopt;
  what.remove_prefix(kChain.size());
  constexpr std::size_t kNames = 3;
  for (std::size_t name = 0; name < kNames; ++name) {
    const std::size_t blank = what.find(' ');
    if ((blank == std::string_view::npos) != (name + 1 == kNames) || !is_word(what.substr(0, blank))) {
      return std::nullopt;
    }
    what.remove_prefix(blank == std::string_view::npos ? what.size() : blank + 1);
  }
  return command;
}

Result<NftLister> NftLister::start() {
  std::optional<NftContext> context;  // of the helper, since its socket is
  const auto prepare = [&]() -> Result<> {
    auto made = NftContext::make();
    if (!made) return made.take_error();
    context.emplace(made.take());
    context->list_handles();
    return keep_only(capability_set({CAP_NET_ADMIN}));
  };
  const auto serve = [&](std::string_view what) -> HelperProcess::Answer {
    const auto command = nft_list_command(what);
    if (!command || !context->run(*command)) return {};
    return {"", file_of(context->output())};
  };
  auto helper = HelperProcess::start({.name = "ringtap-nft",
                                      .without = "rules that have changed since have no name",
                                      .files = {},
                                      .prepare = prepare,
                                      .serve = serve});
  if (!helper) return helper.take_error();
  return NftLister(helper.take());
}

std::optional<std::string> NftLister::list(const std::string& what) const {
  auto answer = helper_.ask(what);
  if (!answer || !answer->fd) return std::nullopt;
  return content_of(answer->fd.get());
}

}  // namespace ringtap
