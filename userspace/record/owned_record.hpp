// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A copy of a record that owns its bytes and texts, for whoever keeps records longer than the call that gave them.
// Moving it keeps views of it valid; it cannot be copied. A value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ringtap/record.hpp"

namespace ringtap {

class OwnedRecord {
 public:
  explicit OwnedRecord(const RecordView& record) : view_(record) {
    const auto texts = texts_of(view_);
    view_.extras = nullptr;  // for files only, which are written as they are read
    if (record.owners != nullptr) {
      owners_ = std::make_unique<const Owners>(*record.owners);
      view_.owners = owners_.get();
    }
    std::size_t size = record.data.size();
    for (const std::string_view* text : texts) size += text->size();
    bytes_.resize(size);
    std::byte* end = std::copy(record.data.begin(), record.data.end(), bytes_.data());
    view_.data = std::span(bytes_).first(record.data.size());
    for (std::string_view* text : texts) {
      const auto* const at = reinterpret_cast<const char*>(end);
      end = std::copy_n(reinterpret_cast<const std::byte*>(text->data()), text->size(), end);
      *text = {at, text->size()};
    }
  }

  [[nodiscard]] const RecordView& view() const { return view_; }
  // Of a record that has a trace.
  void set_rule(std::string text) {
    rule_ = std::make_unique<const std::string>(std::move(text));
    view_.trace->rule = *rule_;
  }
  // What it occupies, in bytes.
  [[nodiscard]] std::size_t size() const { return sizeof(*this) + bytes_.size(); }

 private:
  static std::vector<std::string_view*> texts_of(RecordView& record) {
    std::vector<std::string_view*> texts = {&record.comment};
    if (record.trace) {
      Trace& trace = *record.trace;
      texts.insert(texts.end(), {&trace.netns_name, &trace.device, &trace.reason, &trace.function, &trace.rule});
    }
    return texts;
  }

  RecordView view_;
  std::vector<std::byte> bytes_;
  std::unique_ptr<const std::string> rule_;
  std::unique_ptr<const Owners> owners_;
};

}  // namespace ringtap
