// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Makes the index of a segment anew from its bytes: of one that a recorder left behind when it was killed, or whose
// index is damaged. Reads all of the file, a frame at a time: memory of some MiB. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "recorder/frame_index.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

struct BuiltIndex {
  std::vector<std::byte> file;    // a whole index file
  std::uint64_t whole_bytes = 0;  // of the segment: frames that are complete, without a seek table behind them
  std::uint64_t packets = 0;
  bool is_complete = false;  // nothing follows these frames, except for a seek table
};

// `segment`: a regular file of whole pcapng blocks, plain or in zstd frames. An Error only if it cannot be read; a
// damaged or half written frame ends the index. `frame_bytes`: how large the frames of a plain segment become.
Result<BuiltIndex> build_index(UniqueFd segment, std::size_t frame_bytes = kMostFrameBytes);

}  // namespace ringtap
