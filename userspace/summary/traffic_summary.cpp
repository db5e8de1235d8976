// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "summary/traffic_summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/byte_text.hpp"
#include "base/columns.hpp"
#include "base/json.hpp"
#include "base/mix.hpp"
#include "base/plain_text.hpp"
#include "record/community_id.hpp"
#include "record/owner_text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMost = 65536;

std::uint64_t hash_of(std::string_view text, std::uint64_t hash) {
  return mix_bytes(mix(hash, text.size()), std::as_bytes(std::span(text)));
}

// The columns in front of each row; `seconds` 0: totals, else rates.
std::string columns_of(const Traffic& traffic, double seconds) {
  constexpr std::size_t kPackets = 12;
  constexpr std::size_t kBytes = 12;
  if (seconds <= 0)
    return right_aligned(traffic.packets, kPackets) + right_aligned(bytes_text(traffic.bytes), kBytes) + "  ";
  const auto rate = [&](std::uint64_t now, std::uint64_t before) {
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(now - before) / seconds));
  };
  return right_aligned(rate(traffic.packets, traffic.packets_before), kPackets) +
         right_aligned(bytes_text(rate(traffic.bytes, traffic.bytes_before)) + "/s", kBytes + 2) +
         right_aligned(traffic.packets, kPackets) + "  ";
}

std::string heading(double seconds, const char* what) {
  return std::string(seconds > 0 ? "   packets/s       bytes/s     packets  " : "     packets       bytes  ") + what +
         "\n";
}

std::string others_line(const Traffic& others, double seconds, const char* what) {
  return others.packets == 0 ? "" : columns_of(others, seconds) + what + "\n";
}

void put_traffic(JsonObject& object, const Traffic& traffic) {
  object.number("packets", traffic.packets);
  object.number("bytes", traffic.bytes);
}

void put_ends(JsonObject& object, const Endpoints& ends) {
  object.text("src_ip", address_text(ends.source, ends.version));
  object.text("dest_ip", address_text(ends.destination, ends.version));
  if (has_ports(ends.protocol)) {
    object.number("src_port", ends.source_port);
    object.number("dest_port", ends.destination_port);
  }
  object.number("ip_proto", ends.protocol);
  object.text("community_id", CommunityId(ends).text());
}

}  // namespace

Result<> TrafficSummary::on_interface(const Interface& interface) {
  interfaces_.push_back(interface.name);
  return ok();
}

template <class T>
Traffic* TrafficSummary::row_of(Table<T>& table, std::uint64_t hash, bool& is_new, T** row) {
  is_new = false;
  auto found = table.rows.find(hash);
  if (found == table.rows.end()) {
    if (table.rows.size() >= kMost) return &table.others;
    found = table.rows.emplace(hash, T{}).first;
    is_new = true;
  }
  *row = &found->second;
  return &found->second.traffic;
}

Result<> TrafficSummary::on_record(const RecordView& record) {
  const PacketKey key = packet_key(record);
  all_.add(record.wire_len);
  if (record.tap == Tap::kDrop) {
    ++dropped_;
    add_drop(record, key);
    return ok();  // it was counted as traffic where it came from
  }
  if (style_.drops_only) return ok();
  if (record.owners != nullptr) {
    const Owner& sender = record.owners->sender;
    const Owner& receiver = record.owners->receiver;
    add_talker(sender, record.wire_len);
    if (sender.key != receiver.key || !names_process(sender.kind)) add_talker(receiver, record.wire_len);
  }
  if (key.endpoints.version == 0) return ok();
  add_flow(record, key);
  add_host(key.endpoints.source, key.endpoints.version, record.wire_len);
  if (key.endpoints.destination != key.endpoints.source) {
    add_host(key.endpoints.destination, key.endpoints.version, record.wire_len);
  }
  return ok();
}

void TrafficSummary::add_flow(const RecordView& record, const PacketKey& key) {
  bool is_new = false;
  Flow* flow = nullptr;
  Endpoints ends = key.endpoints;
  if (!key.has_flow()) ends.source_port = ends.destination_port = 0;
  row_of(flows_, flow_id(ends), is_new, &flow)->add(record.wire_len);
  if (is_new) flow->ends = ends;
}

void TrafficSummary::add_host(const std::array<std::byte, 16>& address, std::uint8_t version, std::uint32_t bytes) {
  bool is_new = false;
  Host* host = nullptr;
  row_of(hosts_, mix_bytes(version, address), is_new, &host)->add(bytes);
  if (!is_new) return;
  host->address = address;
  host->version = version;
}

// A process with another name or another user is another row.
void TrafficSummary::add_talker(const Owner& owner, std::uint32_t bytes) {
  if (!names_process(owner.kind)) return;
  bool is_new = false;
  Talker* talker = nullptr;
  const std::uint64_t hash = mix(mix(owner.key, owner.uid), reinterpret_cast<std::uintptr_t>(owner.process.get()));
  row_of(talkers_, hash, is_new, &talker)->add(bytes);
  if (!is_new) return;
  Owner plain = owner;
  plain.kind = OwnerKind::kSocket;
  talker->text = owner_text(plain);
  talker->pid = pid_of(owner.key);
}

void TrafficSummary::add_drop(const RecordView& record, const PacketKey& key) {
  const Trace trace = record.trace.value_or(Trace{});
  std::string_view place = trace.device;
  if (place.empty() && record.interface_id < interfaces_.size()) {
    place = device_of_interface(interfaces_[record.interface_id], record.tap);
  }
  std::uint64_t hash = hash_of(trace.reason, 1);
  hash = hash_of(trace.function, hash);
  hash = hash_of(trace.rule, hash);
  hash = hash_of(place, hash);
  if (key.has_flow()) hash = mix(hash, key.flow);
  std::string owner;
  if (record.owners != nullptr) {
    const std::string to = owner_text(record.owners->receiver);
    const std::string from = owner_text(record.owners->sender);
    owner = !to.empty() ? "to " + to : from.empty() ? "" : "from " + from;
    hash = hash_of(owner, hash);
  }
  bool is_new = false;
  Drop* drop = nullptr;
  row_of(drops_, hash, is_new, &drop)->add(record.wire_len);
  if (!is_new) return;
  drop->reason = trace.reason.empty() ? "unknown" : std::string(trace.reason);
  drop->function = trace.function;
  drop->rule = trace.rule;
  drop->place = place;
  drop->ends = key.endpoints;
  drop->has_flow = key.endpoints.version != 0;
  drop->owner = std::move(owner);
}

template <class T>
std::vector<const T*> TrafficSummary::largest(const Table<T>& table, std::size_t rows, bool by_rate) {
  std::vector<const T*> found;
  found.reserve(table.rows.size());
  for (const auto& [hash, row] : table.rows) found.push_back(&row);
  const auto weight = [by_rate](const T* row) {
    const Traffic& traffic = row->traffic;
    return std::pair(by_rate ? traffic.packets - traffic.packets_before : traffic.bytes, traffic.packets);
  };
  rows = std::min(rows, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(rows), found.end(),
                    [&](const T* one, const T* other) { return weight(one) > weight(other); });
  found.resize(rows);
  return found;
}

std::string TrafficSummary::flow_lines(std::size_t rows, double seconds) const {
  if (flows_.rows.empty()) return "";
  std::string text = heading(seconds, "flow");
  for (const Flow* flow : largest(flows_, rows, seconds > 0)) {
    text += columns_of(flow->traffic, seconds) + endpoints_text(flow->ends) + "\n";
  }
  return text + others_line(flows_.others, seconds, "more flows than are kept");
}

std::string TrafficSummary::host_lines(std::size_t rows, double seconds) const {
  if (hosts_.rows.empty()) return "";
  std::string text = heading(seconds, "host");
  for (const Host* host : largest(hosts_, rows, seconds > 0)) {
    text += columns_of(host->traffic, seconds) + address_text(host->address, host->version) + "\n";
  }
  return text + others_line(hosts_.others, seconds, "more hosts than are kept");
}

std::string TrafficSummary::talker_lines(std::size_t rows, double seconds) const {
  if (talkers_.rows.empty()) return "";
  std::string text = heading(seconds, "process");
  for (const Talker* talker : largest(talkers_, rows, seconds > 0)) {
    text += columns_of(talker->traffic, seconds) + talker->text + "\n";
  }
  return text + others_line(talkers_.others, seconds, "more processes than are kept");
}

std::string TrafficSummary::drop_lines(std::size_t rows, double seconds) const {
  if (drops_.rows.empty()) return "";
  std::string text = heading(seconds, "dropped");
  for (const Drop* drop : largest(drops_, rows, seconds > 0)) {
    text += columns_of(drop->traffic, seconds) + drop->reason;
    if (!drop->function.empty()) text += " in " + drop->function;
    if (!drop->place.empty()) text += ", " + drop->place;
    if (drop->has_flow) text += ", " + endpoints_text(drop->ends);
    if (!drop->owner.empty()) text += ", " + drop->owner;
    if (!drop->rule.empty()) text += ", by rule " + drop->rule;
    text += "\n";
  }
  return text + others_line(drops_.others, seconds, "more than are kept");
}

std::string TrafficSummary::head_line(double seconds) const {
  std::string text = style_.drops_only
                         ? std::to_string(dropped_) + " packets dropped"
                         : std::to_string(all_.packets - dropped_) + " packets, " + std::to_string(flows_.rows.size()) +
                               " flows, " + std::to_string(dropped_) + " drops";
  if (seconds > 0) {
    const double rate = static_cast<double>(all_.packets - all_.packets_before) / seconds;
    text += ", " + std::to_string(std::llround(rate)) + " packets/s";
  }
  return text + "\n";
}

std::string TrafficSummary::text(std::size_t rows) const {
  std::string text = head_line(0);
  for (const std::string& part :
       {flow_lines(rows, 0), host_lines(rows, 0), talker_lines(rows, 0), drop_lines(rows, 0)}) {
    if (!part.empty()) text += "\n" + part;
  }
  return text;
}

std::string TrafficSummary::json() const {
  std::string text;
  for (const Flow* flow : largest(flows_, kMost, false)) {
    {
      JsonObject object(text);
      object.text("type", "flow");
      put_ends(object, flow->ends);
      put_traffic(object, flow->traffic);
    }
    text += '\n';
  }
  for (const Host* host : largest(hosts_, kMost, false)) {
    {
      JsonObject object(text);
      object.text("type", "host");
      object.text("ip", address_text(host->address, host->version));
      put_traffic(object, host->traffic);
    }
    text += '\n';
  }
  for (const Talker* talker : largest(talkers_, kMost, false)) {
    {
      JsonObject object(text);
      object.text("type", "process");
      object.text("process", talker->text);
      object.number("pid", talker->pid);
      put_traffic(object, talker->traffic);
    }
    text += '\n';
  }
  for (const Drop* drop : largest(drops_, kMost, false)) {
    {
      JsonObject object(text);
      object.text("type", "drop");
      object.text("reason", drop->reason);
      object.optional("function", drop->function);
      object.optional("rule", drop->rule);
      object.optional("in_iface", drop->place);
      object.optional("owner", drop->owner);
      if (drop->has_flow) put_ends(object, drop->ends);
      put_traffic(object, drop->traffic);
    }
    text += '\n';
  }
  {
    JsonObject object(text);
    object.text("type", "summary");
    put_traffic(object, all_);
    object.number("dropped", dropped_);
    object.number("flows", flows_.rows.size());
    object.number("hosts", hosts_.rows.size());
    object.number("packets_of_more_flows", flows_.others.packets);
  }
  return text + '\n';
}

std::string TrafficSummary::screen(std::size_t lines, double seconds) {
  constexpr std::size_t kHeadings = 6;
  const std::size_t room = lines > kHeadings ? lines - kHeadings : 1;
  const std::size_t tables =
      style_.drops_only ? 1 : 2 + (talkers_.rows.empty() ? 0 : 1) + (drops_.rows.empty() ? 0 : 1);
  const std::size_t rows = std::max<std::size_t>(1, room / tables);
  std::string text = head_line(seconds);
  if (!style_.drops_only) text += flow_lines(rows, seconds) + host_lines(rows, seconds) + talker_lines(rows, seconds);
  text += drop_lines(rows, seconds);
  remember();
  return plain_text(text);
}

void TrafficSummary::remember() {
  const auto note = [](Traffic& traffic) {
    traffic.packets_before = traffic.packets;
    traffic.bytes_before = traffic.bytes;
  };
  note(all_);
  for (auto& [hash, row] : flows_.rows) note(row.traffic);
  for (auto& [hash, row] : hosts_.rows) note(row.traffic);
  for (auto& [hash, row] : talkers_.rows) note(row.traffic);
  for (auto& [hash, row] : drops_.rows) note(row.traffic);
  note(flows_.others);
  note(hosts_.others);
  note(talkers_.others);
  note(drops_.others);
}

}  // namespace ringtap
