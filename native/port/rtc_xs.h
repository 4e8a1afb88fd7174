// SPDX-License-Identifier: Apache-2.0
// For the XS bindings: how native threads reach the machine, and how C enters JavaScript.
#ifndef RTC_XS_H
#define RTC_XS_H

#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"
#include "rtc_port.h"

// A poster carries "there is news" from any thread to the machine's thread. Posts coalesce: at most one message per
// poster is outstanding, so a burst of packets costs one entry. On a device the queue blocks when it is full, and who
// posts may be whom the machine waits for: there a thread of its own takes the message to the queue (rtc_carrier.h).
typedef struct rtc_poster rtc_poster;

// On the machine's thread. `deliver` is called there, outside any XS frame, and may close the poster. Throws when there
// is no memory.
rtc_poster *rtc_poster_new(xsMachine *the, void (*deliver)(xsMachine *the, void *context), void *context);
// From any thread; the news itself has been stored before, where `deliver` looks for it. A post that comes while
// `deliver` runs calls it again.
void rtc_poster_post(rtc_poster *poster);
// On the machine's thread, or from a destructor, once those who post have been stopped. A message may be under way:
// `deliver` is not called for it. Accepts NULL.
void rtc_poster_close(rtc_poster *poster);

// Enter and leave JavaScript from a `deliver` function. An exception that the block throws is reported (stack and
// place, on the console) and ends there: nothing a network sends can abort the machine through these.
// Use as: rtcEnter(the); … xs calls …; rtcLeave(the);   Neither return nor goto leads out of the block. The machine may
// run anything in between, closing of the segment included: keep no pointer into the host data across a call.
// clang-format off
#define rtcEnter(_THE) \
	do { \
		xsMachine *rtcMachine = _THE; \
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
// clang-format on

void rtc_xs_report(xsMachine *the); // reports xsException, and clears it

// The host data of an instance whose hooks are `hooks`. Throws a TypeError with `name` for any other value, and a
// SyntaxError for an instance that is closed.
void *rtc_xs_host(xsMachine *the, xsSlot *slot, const xsHostHooks *hooks, const char *name);
// xsResult[id] = value. Uses xsVar(0).
void rtc_xs_set_number(xsMachine *the, xsIdentifier id, double value);
// The hooks of any value, NULL where it has none. *closed: it is a host object without data.
const xsHostHooks *rtc_xs_hooks(xsMachine *the, xsSlot *slot, int *closed);

// Throws an Error whose `code` is one of WebRTCError's: a literal, which is not copied.
void rtc_xs_throw(xsMachine *the, const char *code, const char *message);

// Whether so many bytes of chunks can be allocated, after a collection if need be, and a few KB more for those who hear
// of them. Where a heap is fixed, one that is too short ends the machine.
int rtc_xs_has_room(xsMachine *the, uint32_t size);

// Option readers for constructors; `options` is a slot of the frame (an argument or a variable). Each throws a
// TypeError or a RangeError that names the option; an option that is undefined counts as absent.
int rtc_xs_integer(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, int minimum, int maximum,
				   int fallback);
// Copies a string option into `buffer`; "" when absent and not required. RangeError when it does not fit.
void rtc_xs_string(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, char *buffer, size_t size,
				   int required);
// The callback option as a reference to keep and mark, or NULL. Throws when it is there but not callable. Store it in
// marked host data at once: until then nothing but the options object keeps it alive.
xsSlot *rtc_xs_callback(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name);

#endif
