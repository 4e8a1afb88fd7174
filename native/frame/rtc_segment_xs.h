// SPDX-License-Identifier: Apache-2.0
// How JavaScript objects of different classes are recognised as the ends of a pipe. A binding whose host data begins
// with an rtc_segment registers its hooks; `connect(sink)` of any source class then finds the sink in any sink object.
#ifndef RTC_SEGMENT_XS_H
#define RTC_SEGMENT_XS_H

#include "rtc_xs.h"
#include "rtc_frame.h"

typedef struct {
	rtc_source *source; // or NULL
	rtc_sink *sink;     // or NULL
} rtc_segment;

// The segment in a host object of a class whose hooks were registered; throws a TypeError for any other value, and
// a SyntaxError for a closed one.
void rtc_segment_register(const xsHostHooks *hooks);
rtc_segment *rtc_segment_get(xsMachine *the, xsSlot *slot);

// The source of the segment that is the first argument; throws where it is none.
rtc_source *rtc_segment_source(xsMachine *the);

// Bodies for the host functions `connect(sink)` and `disconnect(sink)` of every source class.
void rtc_segment_connect(xsMachine *the, rtc_source *source);
void rtc_segment_disconnect(xsMachine *the, rtc_source *source);

// A second end of a segment as an object of its own: the body of its constructor; it keeps the sink. Its class extends
// Native("xs_rtc_segment_input_destructor"), and closes by "xs_rtc_segment_input_close".
void rtc_segment_input(xsMachine *the, rtc_sink *sink);

#endif
