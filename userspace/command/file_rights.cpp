// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/file_rights.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/sandbox.hpp"
#include "sandbox/user.hpp"

namespace ringtap {

Result<> keep_rights_for_files(const Options& options, const std::vector<std::string>& folders) {
  if (!options.sandbox && options.user.empty()) return ok();
  drop_bounding_set();
  if (!options.user.empty() && ::geteuid() == 0) {
    auto user = find_user(options.user);
    if (!user) return user.take_error();
    if (user->uid != 0) {
      if (auto became = become(*user); !became) return became;
    }
  }
  if (auto kept = keep_capabilities(capability_set({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER})); !kept) {
    return kept;
  }
  if (options.output.rotate_command.empty() && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
    write_only_below(folders);
  }
  return ok();
}

}  // namespace ringtap
