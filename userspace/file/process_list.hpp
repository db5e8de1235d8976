// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Processes as a capture file has them: each is described in full on the first record that names it, and again when it
// is called otherwise. NamedProcesses is the writer's side, ToldProcesses the reader's. Each knows at most
// kMostProcesses: a writer that has described more describes them again, a reader forgets. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "ringtap/owner.hpp"

namespace ringtap {

inline constexpr std::size_t kMostProcesses = std::size_t{1} << 16;

class NamedProcesses {
 public:
  // Whether the file does not describe it as it is now; from now on it does.
  bool is_new(const std::shared_ptr<const Process>& process) {
    if (process == nullptr) return false;
    if (described_.size() >= kMostProcesses) described_.clear();
    std::shared_ptr<const Process>& described = described_[process->key];
    if (described == process) return false;
    described = process;
    return true;
  }
  // Another file begins.
  void clear() { described_.clear(); }

 private:
  std::unordered_map<std::uint64_t, std::shared_ptr<const Process>> described_;
};

class ToldProcesses {
 public:
  void add(Process process) {
    if (told_.size() >= kMostProcesses) told_.clear();
    const std::uint64_t key = process.key;
    told_[key] = std::make_shared<const Process>(std::move(process));
  }
  // Null: nothing was told of it.
  [[nodiscard]] std::shared_ptr<const Process> find(std::uint64_t key) const {
    const auto found = told_.find(key);
    return found == told_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::uint64_t, std::shared_ptr<const Process>> told_;
};

}  // namespace ringtap
