// SPDX-License-Identifier: Apache-2.0
// For the XS bindings: how native threads reach the machine, and how C enters JavaScript.
#ifndef RTC_XS_H
#define RTC_XS_H

#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"
#include "rtc_port.h"

// A poster carries "there is news" from any thread to the machine's thread. Posts coalesce: at most one message per
// poster is outstanding, so a burst of packets costs one entry and a device's short queue never fills (facts: Moddable's
// queue has ten entries and blocks when full).
typedef struct rtc_poster rtc_poster;

// On the machine's thread. `deliver` is called there, outside any XS frame.
rtc_poster *rtc_poster_new(xsMachine *the, void (*deliver)(xsMachine *the, void *context), void *context);
// From any thread.
void rtc_poster_post(rtc_poster *poster);
// On the machine's thread, or from a destructor: `deliver` is not called again. Accepts NULL.
void rtc_poster_close(rtc_poster *poster);

// Enter and leave JavaScript from a `deliver` function. An exception that the block throws is reported (stack and
// place, on the console) and ends there: nothing a network sends can abort the machine through these.
// Use as: rtcEnter(the); … xs calls …; rtcLeave(the);
#define rtcEnter(_THE) \
	do { \
		xsMachine *rtcMachine = _THE; \
		rtc_xs_entered(); \
		xsBeginHost(rtcMachine); \
		{ \
			xsTry \
			{

#define rtcLeave(_THE) \
			} \
			xsCatch \
			{ \
				rtc_xs_report(the); \
			} \
		} \
		xsEndHost(rtcMachine); \
	} while (0)

void rtc_xs_entered(void);         // counts an entry into JavaScript
uint32_t rtc_xs_entries(void);     // entries so far
void rtc_xs_report(xsMachine *the); // reports xsException

// Option readers for constructors. Each throws a TypeError or RangeError that names the option.
int rtc_xs_integer(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, int minimum, int maximum, int fallback);
// Copies a string option into `buffer`; "" when absent and not required.
void rtc_xs_string(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, char *buffer, size_t size, int required);
// The callback option as a reference to keep and mark, or NULL. Throws when it is there but not callable.
xsSlot *rtc_xs_callback(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name);

#endif
