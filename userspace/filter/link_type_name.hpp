// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Link types as libpcap numbers and names them, and as tcpdump shows them. Used for every message about a link type, so
// that ringtap needs no list of names of its own. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "ringtap/record.hpp"

namespace ringtap {

// libpcap's DLT_ number; a few differ from the LINKTYPE_ numbers in files (pcap/dlt.h).
int to_dlt(LinkType link_type);

// By libpcap's name; upper and lower case are the same.
std::optional<LinkType> link_type_named(const std::string& name);

// "EN10MB (Ethernet)"; the number if libpcap has no name for it.
std::string link_type_text(LinkType link_type);

}  // namespace ringtap
