// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/reduction_text.hpp"

#include <vector>

namespace ringtap {

std::string reduction_text(const Reduction& reduction) {
  std::vector<std::string> parts;
  if (reduction.slice_layer != 0) {
    parts.push_back("cut after the headers of layer " + std::to_string(reduction.slice_layer) + " plus " +
                    std::to_string(reduction.slice_more) + " bytes");
  }
  if (reduction.sample > 1) parts.push_back("1 of " + std::to_string(reduction.sample) + " flows");
  if (reduction.max_pps != 0) parts.push_back("at most " + std::to_string(reduction.max_pps) + " packets a second");
  if (reduction.time_batch.count() != 0) {
    parts.push_back("times up to " + std::to_string(reduction.time_batch.count()) + " ns early");
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace ringtap
