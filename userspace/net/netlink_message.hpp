// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reads netlink messages, netlink(7), without believing their lengths. libmnl's loops take a message whose length is
// not a multiple of four to be up to three bytes longer, and its getters an attribute to be as long as its type should
// be. What is too short reads as if it was not there. Views borrow the buffer, which must be aligned to 4. Pure
// functions, any thread.
#pragma once

#include <libmnl/libmnl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace ringtap::netlink {

// Calls `use(const nlmsghdr*)` with each whole message. Returns how many bytes these are: libmnl's own loops may get no
// more, since they take a length of 2^31 or more for a negative number.
template <class Use>
std::size_t for_each_message(std::span<const std::byte> buffer, Use&& use) {
  std::size_t at = 0;
  while (at + sizeof(nlmsghdr) <= buffer.size()) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data() + at);
    const std::size_t size = message->nlmsg_len;
    if (size < sizeof(nlmsghdr) || size > buffer.size() - at) break;
    use(message);
    at += MNL_ALIGN(size);
  }
  return std::min(at, buffer.size());
}
inline std::size_t whole_messages(std::span<const std::byte> buffer) {
  return for_each_message(buffer, [](const nlmsghdr*) {});
}

// What comes before the attributes; nullptr if the message is too short.
template <class Body>
const Body* body_of(const nlmsghdr* message) {
  return mnl_nlmsg_get_payload_len(message) < sizeof(Body) ? nullptr
                                                           : static_cast<const Body*>(mnl_nlmsg_get_payload(message));
}

inline std::span<const std::byte> bytes_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  return {static_cast<const std::byte*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute)};
}

// Up to the first zero, if there is one.
inline std::string_view text_of(const nlattr* attribute) {
  const auto bytes = bytes_of(attribute);
  if (bytes.empty()) return {};
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return {text, strnlen(text, bytes.size())};
}

// In the byte order that it has.
template <class Number>
std::optional<Number> number_of(const nlattr* attribute) {
  Number number{};
  const auto bytes = bytes_of(attribute);
  if (bytes.size() < sizeof number) return std::nullopt;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// Calls `use(const nlattr*)` with each whole attribute.
template <class Use>
void for_each_in(std::span<const std::byte> attributes, Use use) {
  while (attributes.size() >= sizeof(nlattr)) {
    const auto* attribute = reinterpret_cast<const nlattr*>(attributes.data());
    const std::size_t size = attribute->nla_len;
    if (size < sizeof(nlattr) || size > attributes.size()) return;
    use(attribute);
    attributes = attributes.subspan(std::min<std::size_t>(MNL_ALIGN(size), attributes.size()));
  }
}

// … with each one after the body.
template <class Use>
void for_each_attribute(const nlmsghdr* message, std::size_t body_size, Use use) {
  const std::span<const std::byte> payload(static_cast<const std::byte*>(mnl_nlmsg_get_payload(message)),
                                           mnl_nlmsg_get_payload_len(message));
  for_each_in(payload.subspan(std::min<std::size_t>(MNL_ALIGN(body_size), payload.size())), use);
}

template <class Use>
void for_each_nested(const nlattr* attribute, Use use) {
  for_each_in(bytes_of(attribute), use);
}

}  // namespace ringtap::netlink
