// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/path_layout.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <numeric>
#include <utility>

#include "compare/place_names.hpp"

namespace ringtap {
namespace {

using Layout = PathLayout;

constexpr std::size_t kMostDevices = 4;      // of one tap or hook; those with fewer packets share a node
constexpr std::size_t kMostEndsOfLayer = 5;  // the others share a line
constexpr double kNameRoom = 0.30;           // of the path's width, for the name of a node
constexpr double kGap = 0.04;                // between nodes of a layer
constexpr double kLeastWidth = 0.0015;       // so that one packet can be seen
constexpr double kLayerHeight = 58;          // without ends
constexpr double kEndHeight = 66;            // three lines of text
constexpr double kMostEndRibbon = 50;
constexpr double kLeastEndRibbon = 2;

struct Link {
  std::size_t from = 0;
  std::size_t to = 0;
  std::uint64_t packets = 0;
  std::string title;  // of what it is a part of
};

struct Exit {
  std::uint32_t outcome = 0;
  std::uint64_t packets = 0;
};

struct Node {
  Layout::Node shown;
  std::size_t layer = 0;
  bool is_bend = false;  // where a link passes a layer
  double place = 0;      // in its layer, to sort by
  std::vector<Exit> exits;
};

// Builds the picture in steps; each function is one of them.
class Builder {
 public:
  Builder(const PathFlow& flow, const CompareTotals& totals, const Places& places)
      : flow_(flow), totals_(totals), places_(places), node_of_(places.size()) {}

  Layout build() {
    if (flow_.ends().empty()) return {};
    add_places();
    add_links();
    add_exits();
    remove_cycles();
    set_layers();
    bend_long_links();
    sort_layers();
    set_x();
    set_y();
    draw();
    return std::move(layout_);
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void add_places();
  void gather_devices(const std::vector<std::uint16_t>& order, std::vector<std::uint16_t>& stands_for,
                      std::vector<std::size_t>& devices) const;
  std::size_t add_origin(Origin origin);
  void add_links();
  void add_exits();
  void remove_cycles();
  [[nodiscard]] bool leads_to(const std::vector<std::vector<std::size_t>>& next, std::size_t from,
                              std::size_t to) const;
  void set_layers();
  void bend_long_links();
  void sort_layers();
  void set_x();
  [[nodiscard]] double fitting_scale() const;
  [[nodiscard]] double room_of(const std::vector<std::size_t>& layer) const;
  void set_y();
  void draw();

  const PathFlow& flow_;
  const CompareTotals& totals_;
  const Places& places_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::vector<std::size_t> node_of_;  // by place
  std::array<std::size_t, kOrigins> origins_{kNone, kNone, kNone, kNone};
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<double> layer_y_;
  double scale_ = 1;  // width of a packet
  Layout layout_;
};

// Of one tap or hook at many devices those with the fewest packets stand for each other.
void Builder::gather_devices(const std::vector<std::uint16_t>& order, std::vector<std::uint16_t>& stands_for,
                             std::vector<std::size_t>& devices) const {
  std::map<std::array<int, 4>, std::vector<std::uint16_t>> alike;
  for (const std::uint16_t number : order) {
    const Place& place = places_[number];
    if (stands_for[number] != number || totals_.rows[number].packets == 0) continue;
    alike[{static_cast<int>(place.tap), static_cast<int>(place.hook), place.last ? 1 : 0, place.other_netns ? 1 : 0}]
        .push_back(number);
  }
  for (auto& [what, numbers] : alike) {
    if (numbers.size() <= kMostDevices) continue;
    std::stable_sort(numbers.begin(), numbers.end(), [this](std::uint16_t a, std::uint16_t b) {
      return totals_.rows[a].packets > totals_.rows[b].packets;
    });
    const std::uint16_t others = numbers[kMostDevices - 1];
    for (std::size_t i = kMostDevices; i < numbers.size(); ++i) stands_for[numbers[i]] = others;
    devices[others] = numbers.size() - kMostDevices + 1;
  }
}

void Builder::add_places() {
  std::vector<std::uint16_t> stands_for(places_.size());
  std::iota(stands_for.begin(), stands_for.end(), std::uint16_t{0});
  std::vector<bool> is_both(places_.size());
  const std::vector<std::uint16_t> order = places_.in_order();
  // Before and after the rules of a hook are one place where all that came in went out.
  for (const PathFlow::Link& link : flow_.links()) {
    const bool same = is_after_rules(places_[link.from], places_[link.to]);
    if (!same || link.packets != totals_.rows[link.from].packets || link.packets != totals_.rows[link.to].packets)
      continue;
    stands_for[link.to] = link.from;
    is_both[link.from] = true;
  }
  // Where nothing passed, as at the drop tap, there is no place in the path.
  std::vector<bool> is_passed(places_.size());
  for (const PathFlow::Link& link : flow_.links()) is_passed[link.from] = is_passed[link.to] = true;
  for (std::size_t i = 0; i < flow_.begins().size(); ++i) is_passed[i] = is_passed[i] || flow_.begins()[i] > 0;
  std::vector<std::size_t> devices(places_.size(), 1);
  gather_devices(order, stands_for, devices);
  for (const std::uint16_t number : order) {
    const bool is_drawn = is_passed[number] && stands_for[number] == number;
    node_of_[number] = kNone;
    if (!is_drawn) continue;
    const Place& place = places_[number];
    Node node;
    node.shown.name = std::string(tap_for_people(place.tap));
    if (place.tap == Tap::kNetfilter) {
      node.shown.name = is_both[number] ? std::string(kNetfilterHookNames[static_cast<std::size_t>(place.hook)])
                                        : Places::hook(place);
    }
    node.shown.device = devices[number] > 1 ? std::to_string(devices[number]) + " more devices" : places_.device(place);
    node_of_[number] = nodes_.size();
    nodes_.push_back(std::move(node));
  }
  for (const std::uint16_t number : order) {
    std::uint16_t to = number;
    while (stands_for[to] != to) to = stands_for[to];
    node_of_[number] = node_of_[to];
  }
}

std::size_t Builder::add_origin(Origin origin) {
  std::size_t& number = origins_[origin];
  if (number != kNone) return number;
  number = nodes_.size();
  Node node;
  node.shown.name = kOriginNames[origin];
  node.shown.is_origin = true;
  nodes_.push_back(std::move(node));
  return number;
}

void Builder::add_links() {
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> packets;
  for (std::size_t place = 0; place < flow_.begins().size(); ++place) {
    const std::uint64_t begun = flow_.begins()[place];
    if (begun == 0) continue;
    packets[{add_origin(origin_of(places_[static_cast<std::uint16_t>(place)])), node_of_[place]}] += begun;
  }
  for (const PathFlow::Link& link : flow_.links()) {
    const std::size_t from = node_of_[link.from];
    const std::size_t to = node_of_[link.to];
    if (from != to) packets[{from, to}] += link.packets;
  }
  for (const auto& [ends, count] : packets) {
    const auto& [from, to] = ends;
    const auto name = [this](std::size_t node) {
      const Layout::Node& shown = nodes_[node].shown;
      return shown.name + (shown.device.empty() ? "" : " " + shown.device);
    };
    links_.push_back({from, to, count, name(from) + " to " + name(to)});
  }
}

void Builder::add_exits() {
  for (const PathFlow::End& end : flow_.ends()) {
    std::vector<Exit>& exits = nodes_[node_of_[end.place]].exits;
    const auto found =
        std::find_if(exits.begin(), exits.end(), [&](const Exit& exit) { return exit.outcome == end.outcome; });
    if (found == exits.end()) {
      exits.push_back({end.outcome, end.packets});
    } else {
      found->packets += end.packets;
    }
  }
}

bool Builder::leads_to(const std::vector<std::vector<std::size_t>>& next, std::size_t from, std::size_t to) const {
  std::vector<bool> is_seen(nodes_.size());
  std::vector<std::size_t> open = {from};
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (node == to) return true;
    if (is_seen[node]) continue;
    is_seen[node] = true;
    open.insert(open.end(), next[node].begin(), next[node].end());
  }
  return false;
}

// A link that would lead back is not drawn; those with more packets come first.
void Builder::remove_cycles() {
  std::stable_sort(links_.begin(), links_.end(), [](const Link& a, const Link& b) { return a.packets > b.packets; });
  std::vector<std::vector<std::size_t>> next(nodes_.size());
  std::vector<Link> kept;
  for (Link& link : links_) {
    if (leads_to(next, link.to, link.from)) {
      layout_.returned += link.packets;
      continue;
    }
    next[link.from].push_back(link.to);
    kept.push_back(std::move(link));
  }
  links_ = std::move(kept);
  // What passes a node: what comes, or where something is not drawn what goes.
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    for (const Link& link : links_) {
      in += link.to == i ? link.packets : 0;
      out += link.from == i ? link.packets : 0;
    }
    for (const Exit& exit : nodes_[i].exits) out += exit.packets;
    nodes_[i].shown.packets = std::max(in, out);
  }
}

void Builder::set_layers() {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Link& link : links_) {
      std::size_t& layer = nodes_[link.to].layer;
      if (layer > nodes_[link.from].layer) continue;
      layer = nodes_[link.from].layer + 1;
      changed = true;
    }
  }
}

void Builder::bend_long_links() {
  const std::size_t count = links_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t last = nodes_[links_[i].to].layer;
    while (last > nodes_[links_[i].from].layer + 1) {
      Node bend;
      bend.is_bend = true;
      bend.layer = nodes_[links_[i].from].layer + 1;
      bend.shown.packets = links_[i].packets;
      nodes_.push_back(std::move(bend));
      links_.push_back({links_[i].from, nodes_.size() - 1, links_[i].packets, links_[i].title});
      links_[i].from = nodes_.size() - 1;
    }
  }
}

// Below where their packets come from; more packets further to the left.
void Builder::sort_layers() {
  std::size_t depth = 0;
  for (const Node& node : nodes_) depth = std::max(depth, node.layer + 1);
  layers_.resize(depth);
  for (std::size_t i = 0; i < nodes_.size(); ++i) layers_[nodes_[i].layer].push_back(i);
  for (std::vector<std::size_t>& layer : layers_) {
    for (const std::size_t i : layer) {
      double sum = 0;
      double packets = 0;
      for (const Link& link : links_) {
        if (link.to != i) continue;
        sum += nodes_[link.from].place * static_cast<double>(link.packets);
        packets += static_cast<double>(link.packets);
      }
      nodes_[i].place = packets == 0 ? 0 : sum / packets;
    }
    std::stable_sort(layer.begin(), layer.end(), [this](std::size_t a, std::size_t b) {
      if (nodes_[a].place != nodes_[b].place) return nodes_[a].place < nodes_[b].place;
      return nodes_[a].shown.packets > nodes_[b].shown.packets;
    });
    for (std::size_t at = 0; at < layer.size(); ++at) nodes_[layer[at]].place = static_cast<double>(at);
  }
}

double Builder::room_of(const std::vector<std::size_t>& layer) const {
  const auto named = static_cast<double>(
      std::count_if(layer.begin(), layer.end(), [this](std::size_t i) { return !nodes_[i].is_bend; }));
  const double gaps = kGap * static_cast<double>(layer.size() - 1);
  return named == 0 ? 0 : std::min(kNameRoom, (1 - gaps) / named);
}

// The largest width of a packet at which every layer fits.
double Builder::fitting_scale() const {
  double scale = 1;
  for (const std::vector<std::size_t>& layer : layers_) {
    const double room = room_of(layer);
    const auto width_at = [&](double width) {
      double sum = kGap * static_cast<double>(layer.size() - 1);
      for (const std::size_t i : layer) {
        const double own = std::max(width * static_cast<double>(nodes_[i].shown.packets), kLeastWidth);
        sum += nodes_[i].is_bend ? own : std::max(own, room);
      }
      return sum;
    };
    constexpr int kSteps = 40;
    double most = scale;
    double least = 0;
    if (width_at(most) <= 1) continue;
    for (int step = 0; step < kSteps; ++step) {
      const double middle = (least + most) / 2;
      (width_at(middle) > 1 ? most : least) = middle;
    }
    scale = least;
  }
  return scale;
}

void Builder::set_x() {
  scale_ = fitting_scale();
  for (Node& node : nodes_) node.shown.width = std::max(scale_ * static_cast<double>(node.shown.packets), kLeastWidth);
  for (const std::vector<std::size_t>& layer : layers_) {
    const double least = room_of(layer);
    double next = 0;
    for (const std::size_t i : layer) {
      double wanted = 0;
      double packets = 0;
      for (const Link& link : links_) {
        if (link.to != i) continue;
        wanted += nodes_[link.from].shown.x * static_cast<double>(link.packets);
        packets += static_cast<double>(link.packets);
      }
      Layout::Node& shown = nodes_[i].shown;
      shown.room = nodes_[i].is_bend ? shown.width : std::max(shown.width, least);
      shown.x = std::max(next, packets == 0 ? 0 : wanted / packets);
      next = shown.x + shown.room + kGap;
    }
    // Back into the width, from the right.
    double end = 1;
    for (auto it = layer.rbegin(); it != layer.rend(); ++it) {
      Layout::Node& shown = nodes_[*it].shown;
      shown.x = std::max(0.0, std::min(shown.x, end - shown.room));
      end = shown.x - kGap;
    }
    // A name may be as long as there is room for.
    for (std::size_t at = 0; at < layer.size(); ++at) {
      const double until = at + 1 < layer.size() ? nodes_[layer[at + 1]].shown.x - kGap : 1;
      nodes_[layer[at]].shown.room = until - nodes_[layer[at]].shown.x;
      nodes_[layer[at]].shown.is_last = at + 1 == layer.size();
    }
  }
}

void Builder::set_y() {
  double y = 0;
  for (std::vector<std::size_t>& layer : layers_) {
    std::size_t exits = 0;
    for (const std::size_t i : layer) {
      std::vector<Exit>& own = nodes_[i].exits;
      std::stable_sort(own.begin(), own.end(), [](const Exit& a, const Exit& b) { return a.packets > b.packets; });
      if (own.size() > kMostEndsOfLayer) {
        Exit others{.outcome = Layout::End::kOthers, .packets = 0};
        for (std::size_t at = kMostEndsOfLayer - 1; at < own.size(); ++at) others.packets += own[at].packets;
        own.resize(kMostEndsOfLayer - 1);
        own.push_back(others);
      }
      exits += own.size();
    }
    layer_y_.push_back(y);
    for (const std::size_t i : layer) nodes_[i].shown.y = y;
    y += std::max(kLayerHeight, Layout::kBarHeight + Layout::kNameHeight + kEndHeight * static_cast<double>(exits));
  }
  layout_.height = y;
}

void Builder::draw() {
  const auto at = [](double x) { return x * Layout::kPathWidth; };
  const auto width_of = [this](std::uint64_t packets) {
    return std::max(scale_ * static_cast<double>(packets), kLeastWidth);
  };
  std::vector<double> left_from(nodes_.size());  // where the next ribbon leaves …
  std::vector<double> left_to(nodes_.size());    // … and arrives
  std::stable_sort(links_.begin(), links_.end(), [this](const Link& a, const Link& b) {
    return std::pair(nodes_[a.from].place, nodes_[a.to].place) < std::pair(nodes_[b.from].place, nodes_[b.to].place);
  });
  const double total = std::max(1.0, static_cast<double>(totals_.packets));
  for (const Link& link : links_) {
    const Node& from = nodes_[link.from];
    const Node& to = nodes_[link.to];
    const double width = width_of(link.packets);
    const double from_y = from.shown.y + (from.is_bend ? 0 : Layout::kBarHeight);
    layout_.ribbons.push_back({at(from.shown.x + left_from[link.from]), from_y, at(to.shown.x + left_to[link.to]),
                               to.shown.y, at(width), link.packets, link.title});
    left_from[link.from] += width;
    left_to[link.to] += width;
  }
  for (std::size_t number = 0; number < layers_.size(); ++number) {
    double y = layer_y_[number] + Layout::kBarHeight + Layout::kNameHeight;
    // From right to left, so that the ways to the ends do not cross.
    for (auto it = layers_[number].rbegin(); it != layers_[number].rend(); ++it) {
      const Node& node = nodes_[*it];
      double right = left_from[*it];
      for (const Exit& exit : node.exits) right += width_of(exit.packets);
      for (const Exit& exit : node.exits) {
        const double width = width_of(exit.packets);
        const double height =
            std::clamp(kMostEndRibbon * static_cast<double>(exit.packets) / total, kLeastEndRibbon, kMostEndRibbon);
        right -= width;
        layout_.ends.push_back({at(node.shown.x + right), node.shown.y + Layout::kBarHeight, at(width), y, height,
                                exit.packets, exit.outcome});
        y += kEndHeight;
      }
    }
  }
  for (Node& node : nodes_) {
    if (node.is_bend) {
      layout_.ribbons.push_back({at(node.shown.x), node.shown.y, at(node.shown.x), node.shown.y + Layout::kBarHeight,
                                 at(node.shown.width), node.shown.packets, ""});
      continue;
    }
    node.shown.x = at(node.shown.x);
    node.shown.width = at(node.shown.width);
    node.shown.room = at(node.shown.room);
    layout_.nodes.push_back(std::move(node.shown));
  }
}

}  // namespace

PathLayout layout_of(const PathFlow& flow, const CompareTotals& totals, const Places& places) {
  return Builder(flow, totals, places).build();
}

}  // namespace ringtap
