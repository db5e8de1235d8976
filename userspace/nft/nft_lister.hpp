// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Lists nftables' rules in a helper process, which keeps the right to do so and never sees a packet. Owns the
// connection to it. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "ringtap/result.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {

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
