// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tables of filters (FilterCode::table) as maps that only programs read. Bodies with the same table share one map.
// Owns the descriptors; the kernel keeps a map for as long as a program that uses it is loaded. One thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class FilterTables {
 public:
  // The descriptor of the map for a table that is not empty.
  Result<int> fd(const std::vector<std::uint64_t>& table);

 private:
  std::vector<std::pair<std::vector<std::uint64_t>, UniqueFd>> maps_;
};

}  // namespace ringtap
