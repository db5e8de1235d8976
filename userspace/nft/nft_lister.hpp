// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Lists nftables' rules in a helper process, which keeps the right to do so and never sees a packet. Owns the
// connection to it. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ringtap/result.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {

// The command of nft(8) that a request to the helper stands for: "ruleset" or "chain FAMILY TABLE CHAIN", all of them
// words as nft reads them without quotes. Nothing if it is none: then it could be another command.
std::optional<std::string> nft_list_command(std::string_view what);

class NftLister {
 public:
  static Result<NftLister> start();

  // As NftChains::List.
  [[nodiscard]] std::optional<std::string> list(const std::string& what) const;

 private:
  explicit NftLister(HelperProcess helper) : helper_(std::move(helper)) {}

  HelperProcess helper_;
};

}  // namespace ringtap
