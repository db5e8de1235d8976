// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "comparison.hpp"

namespace ringtap::testing {
namespace {

// Takes a quoted string, unescaped; compare escapes quotes, backslashes and control characters alone.
bool take_string(std::string_view& text, std::string& value) {
  if (!text.starts_with('"')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\') ++i;
    if (i < text.size()) value += text[i];
  }
  return false;
}

// Takes a number, a word, or an array whole.
std::string take_bare(std::string_view& text) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (depth == 0 && (c == ',' || c == '}')) break;
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
  }
  std::string value(text.substr(0, end));
  text.remove_prefix(end);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::string value_of(const JsonObject& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? "" : found->second;
}

std::uint64_t number_of(const JsonObject& object, const std::string& key) {
  const std::string value = value_of(object, key);
  EXPECT_FALSE(value.empty()) << "no " << key;
  return value.empty() ? 0 : std::stoull(value);
}

std::string words(const JsonObject& object, std::initializer_list<const char*> keys) {
  std::string text;
  for (const char* key : keys) {
    const std::string value = value_of(object, key);
    if (value.empty()) continue;
    text += (text.empty() ? "" : " ") + (value == "true" ? std::string(key) : value);
  }
  return text;
}

Counts counts_of(const std::vector<JsonObject>& lines, std::initializer_list<const char*> keys,
                 const std::string& number) {
  Counts counts;
  for (const JsonObject& line : lines) {
    if (const std::uint64_t count = number_of(line, number); count != 0) counts[words(line, keys)] += count;
  }
  return counts;
}

constexpr std::initializer_list<const char*> kPlaceKeys = {"tap", "device", "hook", "stage"};
constexpr std::initializer_list<const char*> kOutcomeKeys = {"outcome", "at", "device", "reason", "other_netns"};

std::vector<std::string> with_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"-v", "--json"});
  return arguments;
}

}  // namespace

std::optional<JsonObject> parse_json(std::string_view text) {
  JsonObject object;
  if (!take(text, '{')) return std::nullopt;
  do {
    std::string key;
    std::string value;
    if (!take_string(text, key) || !take(text, ':')) return std::nullopt;
    if (!take_string(text, value)) value = take_bare(text);
    if (!object.emplace(key, value).second) return std::nullopt;
  } while (take(text, ','));
  return text == "}" ? std::optional(object) : std::nullopt;
}

std::vector<JsonObject> parse_json_array(std::string_view text) {
  std::vector<JsonObject> objects;
  EXPECT_TRUE(take(text, '['));
  while (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    const auto object = parse_json(text.substr(0, end + 1));
    if (!object) {
      ADD_FAILURE() << text;
      return objects;
    }
    objects.push_back(*object);
    text.remove_prefix(end + 1);
    take(text, ',');
  }
  EXPECT_EQ(text, "]");
  return objects;
}

Comparison parse_comparison(std::string_view out) {
  Comparison comparison;
  for (const std::string& line : lines_of(out)) {
    const auto object = parse_json(line);
    if (!object) {
      ADD_FAILURE() << "no JSON: " << line;
      continue;
    }
    const std::string type = value_of(*object, "type");
    if (type == "place") {
      comparison.places.push_back(*object);
    } else if (type == "outcome") {
      comparison.outcome_lines.push_back(*object);
      if (value_of(*object, "outcome") == "dropped") {
        EXPECT_NE(value_of(*object, "function"), "") << line;
      }
    } else if (type == "packet") {
      comparison.each.push_back(*object);
    } else {
      EXPECT_EQ(type, "summary") << line;
      comparison.summary = *object;
    }
  }
  return comparison;
}

Counts Comparison::packets() const {
  return counts_of(places, kPlaceKeys, "packets");
}

Counts Comparison::records() const {
  return counts_of(places, kPlaceKeys, "records");
}

Counts Comparison::last_seen() const {
  return counts_of(places, kPlaceKeys, "last_seen");
}

Counts Comparison::outcomes() const {
  return counts_of(outcome_lines, kOutcomeKeys, "packets");
}

std::string Comparison::function_of(std::string_view outcome) const {
  for (const JsonObject& line : outcome_lines) {
    if (words(line, kOutcomeKeys).starts_with(outcome)) return value_of(line, "function");
  }
  ADD_FAILURE() << "no outcome " << outcome;
  return "";
}

std::string Comparison::answer() const {
  return value_of(summary, "answer");
}

std::uint64_t Comparison::number(const std::string& key) const {
  return number_of(summary, key);
}

Compare::Compare(const Namespace& where, std::vector<std::string> arguments)
    : capture_(where, with_json(std::move(arguments)), {}, "compare") {}

Comparison Compare::stop() {
  const Finished finished = capture_.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  Comparison comparison = parse_comparison(finished.out);
  comparison.err = finished.err;
  EXPECT_EQ(comparison.number("lost"), 0u) << finished.err;
  EXPECT_EQ(comparison.number("evicted"), 0u);
  EXPECT_EQ(comparison.number("ambiguous"), 0u);
  return comparison;
}

}  // namespace ringtap::testing
