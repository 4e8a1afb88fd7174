// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_RTP_SESSION_XS_H
#define RTC_RTP_SESSION_XS_H

#include "rtc_xs.h"
#include "rtc_rtp_session.h"

// What an instance of RtpSession holds. Throws a TypeError for any other value and a SyntaxError for a closed one.
// Retain it to keep it.
rtc_rtp_session *rtc_rtp_session_from_xs(xsMachine *the, xsSlot *slot);

#endif
