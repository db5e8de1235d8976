// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where the places of a comparison, the packets between them and their ends go in a picture: a layer below the other in
// the order of the path, widths by packets. Places that many devices have are gathered, and of ends the largest are
// named, so that the picture stays readable. x is a share of the width, y in pixels. Pure function, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compare/comparer.hpp"
#include "compare/path_flow.hpp"

namespace ringtap {

struct PathLayout {
  // The part of the width that the path has; beyond it there are only the ways to the ends, which are named at the
  // right of the picture.
  static constexpr double kPathWidth = 0.93;
  static constexpr double kBarHeight = 8;
  static constexpr double kNameHeight = 22;

  struct Node {
    std::string name;    // "INPUT", "tc ingress"
    std::string device;  // "eth0"; may be empty
    std::uint64_t packets = 0;
    double x = 0;
    double y = 0;
    double width = 0;
    double room = 0;       // for its name
    bool is_last = false;  // of its layer: its name has room without end
    bool is_origin = false;
  };
  struct Ribbon {  // between two layers
    double from_x = 0;
    double from_y = 0;
    double to_x = 0;
    double to_y = 0;
    double width = 0;
    std::uint64_t packets = 0;
    std::string title;  // "tc ingress eth0 to PREROUTING eth0"
  };
  struct End {
    static constexpr std::uint32_t kOthers = 0xffffffff;  // the outcome of those that are not named
    double from_x = 0;
    double from_y = 0;
    double width = 0;
    double to_y = 0;
    double height = 0;
    std::uint64_t packets = 0;
    std::uint32_t outcome = 0;
  };

  std::vector<Node> nodes;
  std::vector<Ribbon> ribbons;
  std::vector<End> ends;
  double height = 0;
  std::uint64_t returned = 0;  // packets that went back to a place further up, which is not drawn
};

PathLayout layout_of(const PathFlow& flow, const CompareTotals& totals, const Places& places);

}  // namespace ringtap
