// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// From the number of a cgroup to its path, and to the container and pod in it. Asked of a helper process once one was
// started, which may search folders that this one may not; else done here. Answers are kept, since a cgroup may soon be
// gone; one without a name, which a runtime may write later, is asked for again after a second. Keeps at most
// kMostCgroups. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ringtap/result.hpp"

namespace ringtap {

struct CgroupQuestion {
  std::uint64_t cgroup = 0;    // its number in cgroup v2
  std::uint64_t start_ns = 0;  // of the process, since boot
  std::uint32_t pid = 0;       // a process in it, of which cgroup v1 is asked where v2 says nothing; 0: none
  std::uint32_t reserved = 0;
};
// Nothing if these bytes are no question.
std::optional<CgroupQuestion> parse_cgroup_question(std::string_view request);

struct ContainerFound {
  std::string cgroup_path;  // empty: not known
  std::string runtime;
  std::string container;
  std::string container_name;
  std::string pod;  // "namespace/name", or its uid
};
// As it is sent by the helper process; texts have no NUL.
std::string container_answer(const ContainerFound& found);
std::optional<ContainerFound> parse_container_answer(std::string_view answer);

// From now on a helper process looks everything up, with CAP_DAC_READ_SEARCH and no other right.
Result<> start_container_helper();

class ContainerLookup {
 public:
  static constexpr std::size_t kMostCgroups = 16384;

  const ContainerFound& find(const CgroupQuestion& question);

 private:
  struct Known {
    ContainerFound found;
    std::uint64_t asked_ns = 0;
  };
  std::unordered_map<std::uint64_t, Known> known_;
  ContainerFound of_version_1_;
};

}  // namespace ringtap
