// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_DTLS_XS_H
#define RTC_DTLS_XS_H

#include "rtc_xs.h"
#include "rtc_dtls.h"

// What an instance of Dtls holds. Throws a TypeError for any other value and a SyntaxError for a closed one.
rtc_dtls *rtc_dtls_from_xs(xsMachine *the, xsSlot *slot);

#endif
