// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cutting records of files as -s and --slice cut those of a capture in the kernel (bpf/reduce.bpf.h). Pure functions;
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// How many bytes the headers of a record take up to `layer`: 2, 3 or 4. Without a known header of that layer: those
// that are known. Headers are searched for in the first 256 bytes, as in the kernel.
std::size_t header_length(const RecordView& record, int layer);

// What is kept of a record. The true length stays in it.
struct Cut {
  std::uint32_t snaplen = kMaxSnaplen;
  int layer = 0;           // as Reduction::slice_layer
  std::uint32_t more = 0;  // as Reduction::slice_more

  [[nodiscard]] bool cuts() const { return snaplen < kMaxSnaplen || layer != 0; }
  void apply_to(RecordView& record) const;
};

}  // namespace ringtap
