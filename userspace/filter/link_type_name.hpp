// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Link types as libpcap numbers and names them, which is how tcpdump shows them: one place for every message that
// speaks of a link type, and no list of names of our own. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "ringtap/record.hpp"

namespace ringtap {

// libpcap's DLT_ number; a few differ from the LINKTYPE_ numbers in files (pcap/dlt.h).
int to_dlt(LinkType link_type);

// By libpcap's name, in any case of letters.
std::optional<LinkType> link_type_named(const std::string& name);

// "EN10MB (Ethernet)"; the number where libpcap has no name.
std::string link_type_text(LinkType link_type);

}  // namespace ringtap
