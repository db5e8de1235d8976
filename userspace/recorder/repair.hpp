// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a recorder that was killed, or a power cut, left behind: a .part is cut to its whole frames, gets an index and
// its name. One without any packet is removed, as is an index whose segment is gone. Reads each .part once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "recorder/segment_folder.hpp"

namespace ringtap {

// The segments that `present` names as parts, as they are now; they are taken out of that list. `tell` hears what was
// done, and what could not be.
std::vector<KeptSegment> repair_segments(SegmentFolder& folder, FolderContents& present,
                                         const std::function<void(const std::string& text)>& tell);

}  // namespace ringtap
