// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/filter_tables.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <string>

#include "loader/refusal.hpp"

namespace ringtap {

Result<int> FilterTables::fd(const std::vector<std::uint64_t>& table) {
  for (const auto& [words, map] : maps_)
    if (words == table) return map.get();
  const auto bytes = static_cast<std::uint32_t>(table.size() * sizeof(std::uint64_t));
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_RDONLY_PROG);
  UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "filter_table", sizeof(std::uint32_t), bytes, 1, &options));
  const std::uint32_t first = 0;
  if (!map || bpf_map_update_elem(map.get(), &first, table.data(), BPF_ANY) != 0) {
    const int err = errno;
    return Error::from_errno(err, "create the filter's table of " + std::to_string(bytes / 1024) + " KiB")
        .hint(refusal_hint(err));
  }
  maps_.emplace_back(table, std::move(map));
  return maps_.back().second.get();
}

}  // namespace ringtap
