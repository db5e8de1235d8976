// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The owners of a running capture's packets (--who): starts the hooks that learn them, and joins what they tell with
// the names that have to be looked up. Borrows the programs, which live longer. One thread.
#pragma once

#include <memory>

#include "container/container_lookup.hpp"
#include "live/owner_table.hpp"
#include "live/socket_holders.hpp"
#include "loader/tap_programs.hpp"
#include "net/device_names.hpp"
#include "record/event.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class LiveOwners {
 public:
  // From now on owners are learnt; does nothing unless they are `wanted`. Before taps are attached.
  Result<> start(TapPrograms& programs, bool wanted);
  // From now on a helper process looks names up. Before rights are given up.
  static Result<> start_helper(bool wanted) { return wanted ? start_container_helper() : ok(); }
  // Takes what was told meanwhile; before records are looked at.
  void read();
  // Sets the owners of a record, if they are wanted; they live until the next call.
  void set(RecordView& record, const EventView& event);
  void count(SourceAccount& account) const;

 private:
  void complete(Process& process);

  OwnerHooks* hooks_ = nullptr;
  std::unique_ptr<OwnerTable> table_;
  std::unique_ptr<SocketHolders> holders_;
  DeviceNames names_;
  ContainerLookup containers_;
  std::uint32_t netns_ = 0;  // this one
};

}  // namespace ringtap
