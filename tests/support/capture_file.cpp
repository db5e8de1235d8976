// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/capture_file.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

namespace ringtap::testing {
namespace {

struct Close {
  void operator()(pcap_t* handle) const { ::pcap_close(handle); }
};

bool marks(const CapturedFrame& frame, std::string_view marker) {
  return contains(frame.data, marker);
}

std::string describe(const CapturedFrame& frame) {
  return std::to_string(frame.data.size()) + " of " + std::to_string(frame.wire_len) + " bytes: " + hex(frame.data);
}

}  // namespace

std::string hex(const Bytes& data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte each : data) {
    text += kDigits[std::to_integer<unsigned>(each) >> 4];
    text += kDigits[std::to_integer<unsigned>(each) & 15];
  }
  return text;
}

CaptureFile read_capture(const std::filesystem::path& path) {
  CaptureFile file;
  char message[PCAP_ERRBUF_SIZE] = "";
  const std::unique_ptr<pcap_t, Close> handle(
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message));
  if (!handle) {
    file.error = message;
    return file;
  }
  file.link_type = ::pcap_datalink(handle.get());
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int got = 0;
  while ((got = ::pcap_next_ex(handle.get(), &header, &data)) == 1) {
    const auto bytes = std::as_bytes(std::span(data, header->caplen));
    // At nanosecond precision tv_usec holds nanoseconds, pcap_open_offline(3PCAP).
    file.frames.push_back(
        {static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(header->ts.tv_usec),
         header->len, Bytes(bytes.begin(), bytes.end())});
  }
  if (got == PCAP_ERROR) file.error = ::pcap_geterr(handle.get());
  return file;
}

bool contains(const Bytes& data, std::string_view text) {
  const auto pattern = std::as_bytes(std::span(text));
  return std::search(data.begin(), data.end(), pattern.begin(), pattern.end()) != data.end();
}

std::optional<std::vector<CapturedFrame>> between_markers(const std::vector<CapturedFrame>& frames) {
  const auto is_begin = [](const CapturedFrame& frame) { return marks(frame, kBeginMarker); };
  const auto is_end = [](const CapturedFrame& frame) { return marks(frame, kEndMarker); };
  // The marker may be in the capture twice: on loopback, or inside the ICMP error that answers it.
  const auto last_begin = std::find_if(frames.rbegin(), frames.rend(), is_begin);
  const auto begin = last_begin.base();
  const auto end = std::find_if(begin, frames.end(), is_end);
  if (last_begin == frames.rend() || end == frames.end()) return std::nullopt;
  return std::vector<CapturedFrame>(begin, end);
}

std::string difference(std::vector<CapturedFrame> left, std::vector<CapturedFrame> right, Order order) {
  if (order == Order::kAny) {
    const auto by_content = [](const CapturedFrame& a, const CapturedFrame& b) {
      return std::tie(a.data, a.wire_len) < std::tie(b.data, b.wire_len);
    };
    std::sort(left.begin(), left.end(), by_content);
    std::sort(right.begin(), right.end(), by_content);
  }
  for (std::size_t i = 0; i < left.size() || i < right.size(); ++i) {
    const std::string at = "frame " + std::to_string(i) + " of " + std::to_string(left.size()) + " and " +
                           std::to_string(right.size()) + ": ";
    if (i >= left.size()) return at + "only on the right: " + describe(right[i]);
    if (i >= right.size()) return at + "only on the left: " + describe(left[i]);
    if (left[i].wire_len != right[i].wire_len || left[i].data != right[i].data) {
      return at + "left " + describe(left[i]) + "\nright " + describe(right[i]);
    }
  }
  return "";
}

}  // namespace ringtap::testing
