// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/times.hpp"

#include <charconv>
#include <cstdint>
#include <ctime>
#include <optional>

#include "cli/words.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kMostSeconds = UINT64_MAX / kNsPerSecond - 1;

// Takes what it recognises from the front of a text.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  bool take(char letter) {
    if (!rest_.starts_with(letter)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // So many digits, with a value in the range.
  std::optional<int> digits(std::size_t count, int least, int most) {
    int value = 0;
    const std::string_view text = rest_.substr(0, count);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.size() < count || error != std::errc() || end != text.data() + count || text[0] == '-')
      return std::nullopt;
    if (value < least || value > most) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  std::optional<std::uint64_t> number(std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value > most) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  // ".5": up to nine digits; nothing: 0.
  std::optional<std::uint64_t> fraction_ns() {
    if (!take('.')) return 0;
    std::uint64_t ns = 0;
    std::uint64_t unit = kNsPerSecond;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1)) {
      unit /= 10;
      if (unit == 0) return std::nullopt;
      ns += static_cast<std::uint64_t>(rest_[0] - '0') * unit;
    }
    return unit == kNsPerSecond ? std::nullopt : std::optional(ns);
  }
  // "07:00:00.5", "07:00": since midnight.
  std::optional<std::uint64_t> time_of_day_ns() {
    const auto hours = digits(2, 0, 23);
    if (!hours || !take(':')) return std::nullopt;
    const auto minutes = digits(2, 0, 59);
    if (!minutes) return std::nullopt;
    std::optional<int> seconds = 0;
    std::optional<std::uint64_t> ns = 0;
    if (take(':')) {
      seconds = digits(2, 0, 60);
      ns = fraction_ns();
    }
    if (!seconds || !ns) return std::nullopt;
    return static_cast<std::uint64_t>((*hours * 60 + *minutes) * 60 + *seconds) * kNsPerSecond + *ns;
  }
  // "Z", "+01:00": seconds east of Greenwich.
  std::optional<int> zone() {
    if (take('Z')) return 0;
    const bool is_west = rest_.starts_with('-');
    if (!take('+') && !take('-')) return std::nullopt;
    const auto hours = digits(2, 0, 14);
    take(':');
    const auto minutes = digits(2, 0, 59);
    if (!hours || !minutes) return std::nullopt;
    return (is_west ? -1 : 1) * (*hours * 60 + *minutes) * 60;
  }

 private:
  std::string_view rest_;
};

std::optional<FileTime> date_and_time(Words words) {
  std::tm day{};
  const auto year = words.digits(4, 1970, 2554);
  if (!year || !words.take('-')) return std::nullopt;
  const auto month = words.digits(2, 1, 12);
  if (!month || !words.take('-')) return std::nullopt;
  const auto date = words.digits(2, 1, 31);
  if (!date) return std::nullopt;
  std::optional<std::uint64_t> ns = 0;
  std::optional<int> zone;
  if (words.take('T') || words.take(' ')) {
    ns = words.time_of_day_ns();
    if (!ns) return std::nullopt;
    if (!words.empty()) {
      zone = words.zone();
      if (!zone) return std::nullopt;
    }
  }
  if (!words.empty()) return std::nullopt;
  const auto seconds = static_cast<int>(*ns / kNsPerSecond);
  day.tm_year = *year - 1900;
  day.tm_mon = *month - 1;
  day.tm_mday = *date;
  day.tm_hour = seconds / 3600;
  day.tm_min = seconds / 60 % 60;
  day.tm_sec = seconds % 60;
  day.tm_isdst = -1;
  const std::time_t moment = zone ? timegm(&day) - *zone : std::mktime(&day);
  if (moment < 0 || day.tm_mday != *date) return std::nullopt;  // no such day in that month
  const auto since_1970 = static_cast<std::uint64_t>(moment);
  if (since_1970 > kMostSeconds) return std::nullopt;
  return FileTime{FileTime::Base::kEpoch, since_1970 * kNsPerSecond + *ns % kNsPerSecond};
}

std::optional<FileTime> time_of_day(Words words) {
  const auto ns = words.time_of_day_ns();
  if (!ns || !words.empty()) return std::nullopt;
  return FileTime{FileTime::Base::kDay, *ns};
}

std::optional<FileTime> epoch(Words words) {
  if (!words.take('@')) return std::nullopt;
  const auto seconds = words.number(kMostSeconds);
  const auto ns = seconds ? words.fraction_ns() : std::nullopt;
  if (!ns || !words.empty()) return std::nullopt;
  return FileTime{FileTime::Base::kEpoch, *seconds * kNsPerSecond + *ns};
}

}  // namespace

Result<FileTime> parse_file_time(std::string_view option, const std::string& text) {
  if (text.starts_with('+') || text.starts_with('-')) {
    auto since = parse_duration(option, text.substr(1));
    if (!since) return since.take_error();
    const auto base = text.starts_with('+') ? FileTime::Base::kFirstPacket : FileTime::Base::kBeforeNow;
    return FileTime{base, static_cast<std::uint64_t>(since->count())};
  }
  for (const auto parse : {date_and_time, time_of_day, epoch}) {
    if (const auto time = parse(Words(text))) return *time;
  }
  return usage(std::string(option) + " " + text + ": not a moment")
      .hint(
          "2026-11-29T07:00:00 (local time; with Z behind it UTC), 07:00:00 (on the day of the first packet), "
          "@1700000000 (seconds since 1970), +2m (after the first packet) or -10m (before now)");
}

}  // namespace ringtap
