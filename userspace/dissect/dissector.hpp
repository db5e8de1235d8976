// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Text for packets, line for line what tcpdump 4.99.3 prints without the time stamp. Owns the state that lines depend
// on (TCP conversations, names); borrows the resolver, the interface names and each packet. Any bytes are accepted: a
// packet takes at most time in proportion to its size, and nothing is allocated once tables and buffers have grown.
// One thread.
#pragma once

#include <cstdint>
#include <span>

#include "dissect/appender.hpp"
#include "dissect/context.hpp"
#include "dissect/control/ike_state.hpp"
#include "dissect/names.hpp"
#include "dissect/options.hpp"
#include "dissect/service/nfs_state.hpp"
#include "dissect/service/rx_state.hpp"
#include "dissect/transport/tcp_state.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

class Dissector {
 public:
  // `resolver` and `interfaces` may be nullptr: numbers are printed.
  explicit Dissector(const DissectOptions& options, NameResolver* resolver = nullptr,
                     InterfaceNames* interfaces = nullptr);

  // For a packet without bytes, or with more of them than it had: appends what tcpdump prints, which is the whole line.
  // Otherwise returns false and appends nothing.
  static bool print_if_invalid(const RecordView& packet, Appender& out);
  // Appends the packet's text to `out`: without time stamp, dump and final newline. Returns how many bytes at the
  // start of the packet a dump (-x, -X, -A) leaves out.
  std::size_t print(const RecordView& packet, Appender& out);

 private:
  DissectOptions options_;
  ServiceNames services_;
  NameResolver* resolver_;
  InterfaceNames* interfaces_;
  TcpState tcp_state_;
  IkeState ike_state_;
  NfsState nfs_state_;
  RxState rx_state_;
};

}  // namespace ringtap
