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

}  // namespace

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
    // Names in it are those of the kernel; one that is not a word would be another command.
    constexpr std::string_view kNoWords = "\n;{}\"'";
    if (what.find_first_of(kNoWords) != std::string_view::npos) return {};
    if (!context->run("list " + std::string(what) + "\n")) return {};
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
