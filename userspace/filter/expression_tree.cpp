// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/expression_tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace ringtap {
namespace {

// Words that say what an address or a number is. One without them takes those of the primitive before it.
constexpr std::array<std::string_view, 18> kQualifiers = {"src",  "dst",  "host", "net",   "port",  "portrange",
                                                          "ip",   "ip6",  "arp",  "rarp",  "tcp",   "udp",
                                                          "sctp", "icmp", "igmp", "ether", "proto", "icmp6"};
// Other words with which a primitive may begin.
constexpr std::array<std::string_view, 14> kPrimitives = {"less",    "greater",  "len",     "broadcast", "multicast",
                                                          "inbound", "outbound", "ifindex", "ah",        "esp",
                                                          "pim",     "vrrp",     "carp",    "stp"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// What libpcap takes for part of a word, of an address or of a range.
bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-.:/\\").find(c) != std::string_view::npos;
}

// 10.0.0.1, 10.0.0.0/8, 2001:db8::1, 02:00:00:00:00:01, 80, 80-90, 0x800: it cannot be a word of the language.
bool is_address_or_number(std::string_view word) {
  const auto is_part = [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(".:/-x").find(c) != std::string_view::npos;
  };
  const bool starts = std::isdigit(static_cast<unsigned char>(word.front())) != 0 || word.find(':') != word.npos;
  return starts && std::all_of(word.begin(), word.end(), is_part);
}

// The word, the operator or the one character at or after `at`; empty at the end.
std::string_view token_at(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  std::size_t end = at;
  while (end < text.size() && is_word_char(text[end])) ++end;
  if (end == at && end < text.size()) ++end;
  const bool twice = end < text.size() && end == at + 1 && (text[at] == '&' || text[at] == '|');
  if (twice && text[end] == text[at]) ++end;
  return text.substr(at, end - at);
}

std::size_t end_of(std::string_view token, std::string_view text) {
  return static_cast<std::size_t>(token.data() - text.data()) + token.size();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<ExpressionNode> parse() {
    auto node = expression();
    skip_spaces();
    return at_ == text_.size() ? std::move(node) : std::nullopt;
  }

 private:
  using Kind = ExpressionNode::Kind;
  static constexpr int kMaxDepth = 100;  // of parentheses and nots

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  [[nodiscard]] std::string_view token(std::size_t at) const { return token_at(text_, at); }
  [[nodiscard]] std::size_t behind(std::string_view token) const { return end_of(token, text_); }

  static std::optional<Kind> operator_of(std::string_view token) {
    if (token == "and" || token == "&&") return Kind::kAnd;
    if (token == "or" || token == "||") return Kind::kOr;
    return std::nullopt;
  }

  // `and` and `or` have the same precedence and are taken from left to right.
  std::optional<ExpressionNode> expression() {
    auto left = term();
    while (left) {
      const auto word = token(at_);
      const auto kind = operator_of(word);
      if (!kind) return left;
      at_ = behind(word);
      auto right = term();
      if (!right) return std::nullopt;
      left = joined(*kind, std::move(*left), std::move(*right));
    }
    return left;
  }

  static ExpressionNode joined(Kind kind, ExpressionNode left, ExpressionNode right) {
    if (left.kind != kind) {
      ExpressionNode node{.kind = kind};
      node.children.push_back(std::move(left));
      left = std::move(node);
    }
    if (right.kind == kind) {
      std::move(right.children.begin(), right.children.end(), std::back_inserter(left.children));
    } else {
      left.children.push_back(std::move(right));
    }
    return left;
  }

  std::optional<ExpressionNode> term() {
    const auto word = token(at_);
    if (word == "not" || word == "!") {
      if (++depth_ > kMaxDepth) return std::nullopt;
      at_ = behind(word);
      auto negated = term();
      --depth_;
      if (!negated) return std::nullopt;
      ExpressionNode node{.kind = Kind::kNot};
      node.children.push_back(std::move(*negated));
      return node;
    }
    if (word != "(" || is_arithmetic_group()) return leaf();
    if (++depth_ > kMaxDepth) return std::nullopt;
    at_ = behind(word);
    auto inner = expression();
    const auto close = token(at_);
    if (!inner || close != ")") return std::nullopt;
    at_ = behind(close);
    --depth_;
    return inner;
  }

  // Whether the parenthesis that opens here belongs to a term like (ip[0] & 15) * 4 > 20. Each is looked for its end
  // only once: an expression of parentheses alone must not take quadratic time.
  [[nodiscard]] bool is_arithmetic_group() {
    if (closes_.empty()) find_pairs();
    std::size_t open = at_;
    while (is_space(text_[open])) ++open;
    if (closes_[open] == 0) return false;
    const auto next = token(closes_[open] + 1);
    return !next.empty() && next != ")" && !operator_of(next);
  }

  void find_pairs() {
    closes_.assign(text_.size(), 0);
    std::vector<std::size_t> open;
    for (std::size_t n = 0; n < text_.size(); ++n) {
      if (text_[n] == '(') open.push_back(n);
      if (text_[n] != ')' || open.empty()) continue;
      closes_[open.back()] = n;
      open.pop_back();
    }
  }

  // `host (10.0.0.1 or 10.0.0.2)`: only addresses or numbers in the parentheses.
  std::optional<ExpressionNode> qualified_group(const std::vector<std::string_view>& qualifiers) {
    if (only_addresses_ || ++depth_ > kMaxDepth) return std::nullopt;
    qualifiers_ = qualifiers;
    only_addresses_ = true;
    at_ = behind(token(at_));
    auto inner = expression();
    only_addresses_ = false;
    const auto close = token(at_);
    if (!inner || close != ")") return std::nullopt;
    at_ = behind(close);
    --depth_;
    return inner;
  }

  std::optional<ExpressionNode> leaf() {
    std::vector<std::string_view> words;
    const auto take = [&](std::string_view word) {
      words.push_back(word);
      at_ = behind(word);
    };
    const auto is_direction = [](std::string_view word) { return word == "src" || word == "dst"; };
    for (auto word = token(at_); !word.empty() && contains(kQualifiers, word); word = token(at_)) {
      take(word);
      // `src or dst` and `src and dst` are one qualifier.
      const auto both = token(at_);
      if (!is_direction(word) || !operator_of(both) || !is_direction(token(behind(both)))) continue;
      take(both);
      take(token(at_));
    }
    const std::size_t qualified = words.size();
    if (!words.empty() && token(at_) == "(") return qualified_group(words);
    int open = 0;
    for (;;) {
      const auto word = token(at_);
      if (word.empty() || (open == 0 && (word == ")" || operator_of(word)))) break;
      open += word == "(" ? 1 : word == ")" ? -1 : 0;
      take(word);
    }
    if (words.empty()) return std::nullopt;
    if (only_addresses_ && !is_address_or_number(words.front())) return std::nullopt;
    const auto qualifiers = words.begin() + static_cast<std::ptrdiff_t>(qualified);
    if (qualifiers == words.begin() && is_address_or_number(words.front())) {
      if (is_arithmetic(words)) return set_leaf(words, std::nullopt);
      if (!qualifiers_) return std::nullopt;
      auto inherited = *qualifiers_;
      inherited.insert(inherited.end(), words.begin(), words.end());
      return set_leaf(inherited, qualifiers_);
    }
    if (qualifiers == words.begin() && !contains(kPrimitives, words.front()) && words.front() != "(")
      return std::nullopt;
    // A name could be anything.
    const bool plain = qualifiers != words.end() && is_address_or_number(*qualifiers);
    const bool all = qualifiers == words.end();
    if (!plain && !all && !is_arithmetic(words) && !contains(kPrimitives, words.front())) return std::nullopt;
    if (!plain) return set_leaf(words, std::nullopt);
    return set_leaf(words, std::vector<std::string_view>(words.begin(), qualifiers));
  }

  static bool is_arithmetic(const std::vector<std::string_view>& words) {
    return std::any_of(words.begin(), words.end(), [](std::string_view word) {
      return word.size() <= 2 && std::string_view("[]<>=&|+*%^").find(word.front()) != std::string_view::npos;
    });
  }

  std::optional<ExpressionNode> set_leaf(const std::vector<std::string_view>& words,
                                         std::optional<std::vector<std::string_view>> qualifiers) {
    qualifiers_ = std::move(qualifiers);
    ExpressionNode node;
    for (const auto word : words) {
      // Without a space between them `>` and `=` are one operator.
      const bool joins = !node.text.empty() && word.data() == node_end_;
      if (!node.text.empty() && !joins) node.text += ' ';
      node.text += word;
      node_end_ = word.data() + word.size();
    }
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool only_addresses_ = false;
  const char* node_end_ = nullptr;
  std::vector<std::size_t> closes_;  // per opening parenthesis, where its partner is
  // Of the primitive before; libpcap's defaults at first. Nothing: that of the one before is not known here.
  std::optional<std::vector<std::string_view>> qualifiers_ = std::vector<std::string_view>{};
};

}  // namespace

std::string ExpressionNode::to_text() const {
  if (kind == Kind::kLeaf) return text;
  if (kind == Kind::kNot) return "not (" + children.front().to_text() + ")";
  std::string out;
  for (const auto& child : children) {
    if (!out.empty()) out += kind == Kind::kAnd ? " and " : " or ";
    out += child.kind == Kind::kLeaf ? child.text : "(" + child.to_text() + ")";
  }
  return out;
}

std::optional<ExpressionNode> parse_expression(std::string_view expression) {
  return Parser(expression).parse();
}

std::vector<std::string_view> expression_words(std::string_view expression) {
  std::vector<std::string_view> words;
  for (auto token = token_at(expression, 0); !token.empty(); token = token_at(expression, end_of(token, expression))) {
    words.push_back(token);
  }
  return words;
}

std::vector<std::string_view> conjuncts(std::string_view expression) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int open = 0;
  std::string_view before;
  for (const auto word : expression_words(expression)) {
    open += word == "(" || word == "[" ? 1 : word == ")" || word == "]" ? -1 : 0;
    if (open < 0) return {};
    if (open > 0) continue;
    // `src or dst` and `src and dst` are one qualifier.
    const auto next = token_at(expression, end_of(word, expression));
    const auto is_direction = [](std::string_view text) { return text == "src" || text == "dst"; };
    const bool in_qualifier = is_direction(std::exchange(before, word)) && is_direction(next);
    if (in_qualifier) continue;
    if (word == "or" || word == "||") return {expression};
    if (word != "and" && word != "&&") continue;
    parts.push_back(expression.substr(begin, static_cast<std::size_t>(word.data() - expression.data()) - begin));
    begin = end_of(word, expression);
  }
  parts.push_back(expression.substr(begin));
  return open == 0 ? parts : std::vector<std::string_view>();
}

bool has_word(std::string_view expression, std::string_view word) {
  const auto words = expression_words(expression);
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace ringtap
