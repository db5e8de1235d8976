// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Network namespaces, by the number of their inode: which there are, and doing something in one. A namespace is found
// by its name in /run/netns (ip-netns(8)) or by a process in it; one that has neither is not. No descriptor of one and
// no socket in one is kept longer than a call takes, since either would keep it from ending. Any thread.
#pragma once

#include <linux/capability.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/user.hpp"

namespace ringtap {

// setns(2) wants the first, looking at the namespaces of others' processes the other two.
inline constexpr std::uint64_t kCapabilitiesToEnter =
    capability_set({CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});

struct Netns {
  std::uint32_t inode = 0;
  std::int32_t id = -1;        // what it is called in the messages of rtnetlink(7) here; -1: not asked for, or none
  std::uint32_t pid = 0;       // a process in it; 0: none was found
  std::uint64_t start_ns = 0;  // when that was started, since boot
  std::string name;            // in /run/netns, else empty
  std::string path;            // by which it can be entered
};

// That of this process; 0: not known.
[[nodiscard]] std::uint32_t own_netns();
// All that can be found, by inode.
[[nodiscard]] std::vector<Netns> list_netns();
// The one that is meant by a name, a process id or a path; its `name` is then what to call it. Errors are of kind
// kUsage if there is none.
Result<Netns> find_netns(const std::string& word);
// One of them, as list_netns() has it; looks at all of them only if it has to. No inode: it is gone.
[[nodiscard]] Netns netns_of(std::uint32_t inode);
// A descriptor of it; none, with errno.
[[nodiscard]] UniqueFd open_netns(std::uint32_t inode);
// Calls `action` in a thread that has entered it.
Result<> in_netns(std::uint32_t inode, const std::function<void()>& action);

// As a helper process sends a list; texts have no line end. What is not a whole line is left out.
[[nodiscard]] std::string netns_line(const Netns& netns);
[[nodiscard]] std::vector<Netns> parse_netns_lines(std::string_view text);

}  // namespace ringtap
