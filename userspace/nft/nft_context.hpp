// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libnftables, loaded when the first context is created: a run without --nft-rule needs neither this library nor the 25
// others that it depends on. It stays loaded. A context belongs to one thread at a time.
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

// Has its own netlink socket. Its output and error messages go to its buffers.
class NftContext {
 public:
  // libnftables exits the program if it cannot open its socket: check that NETLINK_NETFILTER is available first.
  static Result<NftContext> make();

  // Listings have the handles of rules, and neither counters nor the elements of sets.
  void list_handles();
  // Runs nft(8) commands, one per line; false: they were refused.
  bool run(const std::string& commands);
  // The output or error messages of the last run(), valid until the next one.
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
