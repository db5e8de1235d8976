// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The folder of a recorder for a process that may be in the sandbox: then a helper process, which keeps the caller's
// rights or has those of the user of -Z, creates, renames and removes segments there, and nothing else. One thread
// starts it; the folder may be used by any, one at a time.
#pragma once

#include <memory>

#include "cli/options.hpp"
#include "recorder/segment_folder.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct RecorderFolder {
  std::unique_ptr<SegmentFolder> folder;
  FolderContents present;  // when it was opened
};

// Opens and locks the folder of -d, and starts the helper process: before threads are started and before rights are
// given up. Nothing happens if the run does not record.
Result<> start_segment_service(const Options& options);

// What was opened then; once.
RecorderFolder take_recorder_folder();

}  // namespace ringtap
