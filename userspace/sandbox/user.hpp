// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Users and capabilities of this process, credentials(7), capabilities(7). What is given up cannot be taken back. Open
// files stay open.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

// A bit for each, as the functions below take them.
constexpr std::uint64_t capability_set(std::initializer_list<int> numbers) {
  std::uint64_t set = 0;
  for (const int number : numbers) set |= std::uint64_t{1} << static_cast<unsigned>(number);
  return set;
}

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;  // its primary group
};

// An Error of kind kUsage if there is no such user.
Result<User> find_user(const std::string& name);

// "ringtap", or else "nobody".
Result<User> unprivileged_user();

// Whether this process is root and may become another user.
bool may_change_user();

// For the rest of the run, in every thread; `capabilities`: a bit for each that this thread keeps of those it has. The
// caller must be root.
Result<> become(const User& user, std::uint64_t capabilities = 0);

// Keeps those of `capabilities` that this thread has, in its effective and permitted sets; the inheritable and ambient
// sets become empty.
Result<> keep_capabilities(std::uint64_t capabilities);

// Becomes "ringtap" or else "nobody" if this process is root and may, as it may not in a user namespace that has no
// such user; and keeps only these capabilities.
Result<> become_unprivileged(std::uint64_t capabilities);
// For a helper: that, with no_new_privs and an empty bounding set.
Result<> keep_only(std::uint64_t capabilities);

// Calls `action` while no capability of this thread is in effect.
void without_capabilities(const std::function<void()>& action);

// No program that is executed can have a capability. Without the right to do so (CAP_SETPCAP) nothing changes.
void drop_bounding_set();

}  // namespace ringtap
