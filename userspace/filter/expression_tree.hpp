// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The and, or and not of a pcap-filter(7) expression as a tree whose leaves are left to libpcap. Only for expressions
// that mean the same when their parts are compiled one by one: not those with words that shift the offsets of what
// follows (vlan, mpls …), nor with words that are not known here, nor with names. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringtap {

struct ExpressionNode {
  enum class Kind { kLeaf, kAnd, kOr, kNot };
  Kind kind = Kind::kLeaf;
  std::string text;                      // kLeaf; with the qualifiers that it takes from the one before it
  std::vector<ExpressionNode> children;  // an `or` is never a child of an `or`, nor an `and` of an `and`

  // An expression that means this node.
  [[nodiscard]] std::string to_text() const;
};

// Nothing if the expression is not one of those above; whether it is correct at all is libpcap's to say.
std::optional<ExpressionNode> parse_expression(std::string_view expression);

// The parts of `a and b and c`, each as it is written, also of an expression that parse_expression() does not take. One
// part: there is no `and`, or an `or` beside it. Empty: parentheses do not match.
std::vector<std::string_view> conjuncts(std::string_view expression);

// Words, operators and brackets, one by one.
std::vector<std::string_view> expression_words(std::string_view expression);

// Whether the word, which is one of the language, stands in the expression by itself: `vlan` does in "not (vlan 5)",
// and does not in "host vlan.example".
bool has_word(std::string_view expression, std::string_view word);

}  // namespace ringtap
