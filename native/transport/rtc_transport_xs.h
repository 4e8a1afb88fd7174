// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_TRANSPORT_XS_H
#define RTC_TRANSPORT_XS_H

#include "rtc_xs.h"
#include "rtc_transport.h"

// The path in an instance of Path; throws a TypeError for any other value and a SyntaxError for a closed one. Retain it
// to keep it.
rtc_path *rtc_path_from_xs(xsMachine *the, xsSlot *slot);

#endif
