// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Switching to another user for the rest of the run, credentials(7), capabilities(7). Open files stay open; from then
// on files are created and commands run as that user. Applies to the process, but only the calling thread keeps
// capabilities.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;  // its primary group
};

// An Error of kind kUsage if there is no such user.
Result<User> find_user(const std::string& name);

enum class Keep {
  kNothing,
  kCapture,  // capabilities that a running capture needs: for new interfaces, and before Linux 6.0 to read maps
};
// Irreversible. The caller must be root.
Result<> become(const User& user, Keep keep);

// Calls `action` as that user and then becomes root again: to find out early whether that user may create a file.
Result<> as_user(const User& user, const std::function<Result<>()>& action);

}  // namespace ringtap
