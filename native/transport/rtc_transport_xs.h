// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_TRANSPORT_XS_H
#define RTC_TRANSPORT_XS_H

#include "rtc_xs.h"
#include "rtc_transport.h"

// What an instance of Transport or Path holds. Throws a TypeError for any other value and a SyntaxError for a closed
// one. Retain a path to keep it.
rtc_transport *rtc_transport_from_xs(xsMachine *the, xsSlot *slot);
rtc_path *rtc_path_from_xs(xsMachine *the, xsSlot *slot);

// Reads an address and a port from two arguments. Returns 0 when they are none: `to` is nobody's address then. Throws a
// TypeError for arguments of other types.
int rtc_address_from_xs(xsMachine *the, xsSlot *address, xsSlot *port, rtc_address *to);
// A number of 16 bits, 0 when there are not so many arguments. Throws a RangeError for others.
uint16_t rtc_number_from_xs(xsMachine *the, int argument, const char *name);

#endif
