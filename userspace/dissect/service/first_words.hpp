// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the printers of applications share that show how a segment begins (first_words.cpp, mqtt.cpp). Pure functions of
// the context's output, any thread.
#pragma once

#include <cstddef>

#include "dissect/context.hpp"

namespace ringtap {

// `size` bytes from `offset` on in quotation marks, or the beginning of a long text, or what was captured of it.
void put_quoted(Context& context, const Cursor& bytes, std::size_t offset, std::size_t size);

// Whether a message that does not end with this segment can go on in the next one: a segment of less than the smallest
// maximum (RFC 9293 3.7.1) is the last one of what was written.
bool may_go_on(const Cursor& segment);

}  // namespace ringtap
