// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_CANDIDATE_ADDRESS_H
#define RTC_CANDIDATE_ADDRESS_H

#include "rtc_transport.h"

// Whether a candidate can name the address: not when it is unspecified, a group, or link-local IPv6, which needs a zone
// that the candidate's grammar has no room for (RFC 8839 section 5.1), nor of the kinds that RFC 8445 section 5.1.1.1
// rules out.
int rtc_address_is_candidate(const rtc_address *address);

#endif
