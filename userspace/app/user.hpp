// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Another user for the rest of the run, credentials(7), capabilities(7). What is open stays open; files are made and
// commands run as that user from then on. Of the process; only the calling thread keeps capabilities.
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

// An Error of kind kUsage where there is none of that name.
Result<User> find_user(const std::string& name);

enum class Keep {
  kNothing,
  kCapture,  // capabilities that a running capture needs: for interfaces that appear, and to read maps before Linux 6.0
};
// For good: no way leads back to root. Root only.
Result<> become(const User& user, Keep keep);

// Calls `action` as that user and is root again afterwards: to see now whether it may make a file.
Result<> as_user(const User& user, const std::function<Result<>()>& action);

}  // namespace ringtap
