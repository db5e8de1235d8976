// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// In the place of capture.cpp where the kernel side is not built.
#include "ringtap/ringtap.hpp"

namespace ringtap {

Result<> capture(const CaptureOptions&, const OnPacket&) {
  return Error("this ringtap was built without the kernel side (RINGTAP_KERNEL=OFF): it only reads files");
}

}  // namespace ringtap
