// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of devices by number: from the announced interfaces, otherwise from this host, asked when one is first needed.
// The socket that asks is opened at the beginning, since in the sandbox none can be. Keeps at most 4096 answers.
// Borrows the list of announced interfaces, which may grow. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dissect/context.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

struct ShownInterface {
  std::string name;
  std::string shown;  // the same without control bytes
  std::uint32_t ifindex;
};

class NumberedDevices final : public InterfaceNames {
 public:
  explicit NumberedDevices(const std::vector<ShownInterface>& announced);

  // The interface of the record that is printed next.
  void set_interface(std::uint32_t id) { of_record_ = id; }
  // Without control bytes; empty: there is no such device.
  std::string_view name(std::uint32_t ifindex) override;

 private:
  [[nodiscard]] std::string name_here(std::uint32_t ifindex) const;

  const std::vector<ShownInterface>& announced_;
  UniqueFd socket_;
  std::size_t of_record_ = 0;
  std::unordered_map<std::uint32_t, std::string> names_;
};

}  // namespace ringtap
