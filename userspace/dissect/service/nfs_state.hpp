// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What has to be remembered between packets to print NFS: a reply does not say which procedure it answers. Keeps the
// last 64 requests, as many as tcpdump. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtap {

class NfsState {
 public:
  struct Request {
    std::uint32_t xid = 0;
    std::array<std::uint8_t, 32> addresses{};  // the client's, then the server's; 4 or 16 bytes each
    unsigned version = 0;                      // of IP; 0: unused
    std::uint32_t program_version = 0;
    std::uint32_t procedure = 0;
  };

  // The same request sent again takes the place of the first.
  void add(const Request& request) {
    for (Request& known : requests_) {
      if (same(known, request)) {
        known = request;
        return;
      }
    }
    requests_[next_] = request;
    next_ = (next_ + 1) % requests_.size();
  }
  // By transaction and hosts; nullptr when it is not known.
  [[nodiscard]] const Request* find(const Request& wanted) const {
    for (const Request& known : requests_) {
      if (same(known, wanted)) return &known;
    }
    return nullptr;
  }

 private:
  static bool same(const Request& a, const Request& b) {
    return a.version == b.version && a.xid == b.xid && a.addresses == b.addresses;
  }

  std::array<Request, 64> requests_{};
  std::size_t next_ = 0;
};

}  // namespace ringtap
