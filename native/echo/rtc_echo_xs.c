// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_echo.h"
#include "rtc_echo_canceller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	rtc_echo *echo;
} echo_record;

static const xsHostHooks hooks = {xs_rtc_echo_destructor, NULL, NULL};

void xs_rtc_echo_destructor(void *data)
{
	echo_record *record = data;
	if (!record)
		return;
	if (record->echo)
		rtc_echo_close(record->echo);
	free(record);
}

static echo_record *recordOf(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "EchoCanceller");
}

void xs_rtc_echo(xsMachine *the)
{
	int rate = rtc_xs_integer(the, &xsArg(0), xsID_sampleRate, "sampleRate", 8000, 48000, 48000);
	int tail = rtc_xs_integer(the, &xsArg(0), xsID_tail, "tail", 50, 1000, RTC_ECHO_TAIL);
	int error;
	if (rate % 50)
		xsRangeError("sampleRate: not a multiple of 50");
	echo_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->echo = rtc_echo_new((uint32_t)rate, (uint32_t)tail, &error);
	if (!record->echo && error == ENOTSUP)
		rtc_xs_throw(the, "media/unsupported", "there is no echo cancellation here");
	if (!record->echo)
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
	record->segment.sink = rtc_echo_microphone(record->echo);
	record->segment.source = rtc_echo_source(record->echo);
}

void xs_rtc_echo_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	echo_record *record = recordOf(the);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_echo_destructor(record);
}

void xs_rtc_echo_connect(xsMachine *the)
{
	rtc_segment_connect(the, recordOf(the)->segment.source);
}

void xs_rtc_echo_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, recordOf(the)->segment.source);
}

void xs_rtc_echo_statistics(xsMachine *the)
{
	rtc_echo_statistics counted;
	rtc_echo_get_statistics(recordOf(the)->echo, &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)counted.frames);
	rtc_xs_set_number(the, xsID_cancelled, (double)counted.cancelled);
	rtc_xs_set_number(the, xsID_restarts, (double)counted.restarts);
	rtc_xs_set_number(the, xsID_unfit, (double)counted.unfit);
	rtc_xs_set_number(the, xsID_dropped, (double)counted.dropped);
}

void xs_rtc_echo_isThere(xsMachine *the)
{
	xsmcSetBoolean(xsResult, rtc_echo_canceller_is_there());
}

void xs_rtc_echo_reference(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("canceller: missing");
	echo_record *record = rtc_xs_host(the, &xsArg(0), &hooks, "EchoCanceller");
	rtc_segment_input(the, rtc_echo_loudspeaker(record->echo));
}
