// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libnftables, loaded by the first context that is made: a capture that asks for no rules needs neither the library nor
// the 25 others it brings. It stays loaded. A context belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ringtap/result.hpp"

struct nft_ctx;

namespace ringtap {

struct NftLibrary;
// The functions that NftContext calls; an Error names the package that has the library. Any thread.
Result<std::shared_ptr<const NftLibrary>> load_nft_library(const char* file = "libnftables.so.1");

// Holds a netlink socket of its own. What it prints, answers and complaints, goes to its buffers.
class NftContext {
 public:
  // libnftables ends the program where it gets no socket: make sure of NETLINK_NETFILTER first.
  static Result<NftContext> make();

  // Listings have the handles of rules, and neither counters nor the elements of sets.
  void list_handles();
  // Commands of nft(8), one a line; false: they were refused.
  bool run(const std::string& commands);
  // What the last run() answered or complained about; until the next one.
  [[nodiscard]] std::string_view output() const;
  [[nodiscard]] std::string_view complaints() const;

 private:
  struct Free {
    std::shared_ptr<const NftLibrary> library;
    void operator()(nft_ctx* context) const noexcept;
  };
  explicit NftContext(std::unique_ptr<nft_ctx, Free> context) : context_(std::move(context)) {}
  [[nodiscard]] const NftLibrary& library() const { return *context_.get_deleter().library; }

  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace ringtap
