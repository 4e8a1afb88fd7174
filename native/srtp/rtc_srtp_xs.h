// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_SRTP_XS_H
#define RTC_SRTP_XS_H

#include "rtc_xs.h"
#include "rtc_srtp.h"

// What an instance of Srtp holds. Throws a TypeError for any other value and a SyntaxError for a closed one. Retain it
// to keep it.
rtc_srtp *rtc_srtp_from_xs(xsMachine *the, xsSlot *slot);

#endif
