// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"

#include <errno.h>
#include <stdlib.h>

#define SEGMENT_CLASSES 32

// The hooks of every segment class, in the order of their first use. Machines of several threads may register.
static const xsHostHooks *classes[SEGMENT_CLASSES];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int isRegistered(const xsHostHooks *hooks)
{
	for (int i = 0; i < count; i++)
		if (classes[i] == hooks)
			return 1;
	return 0;
}

void rtc_segment_register(const xsHostHooks *hooks)
{
	pthread_mutex_lock(&lock);
	if (!isRegistered(hooks) && count < SEGMENT_CLASSES)
		classes[count++] = hooks;
	pthread_mutex_unlock(&lock);
}

rtc_segment *rtc_segment_get(xsMachine *the, xsSlot *slot)
{
	int closed;
	const xsHostHooks *hooks = rtc_xs_hooks(the, slot, &closed);
	if (closed)
		xsSyntaxError("segment: closed");
	pthread_mutex_lock(&lock);
	int registered = hooks && isRegistered(hooks);
	pthread_mutex_unlock(&lock);
	if (!registered)
		xsTypeError("not a media segment");
	return xsmcGetHostDataValidate(*slot, (void *)hooks);
}

rtc_source *rtc_segment_source(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("source: missing");
	rtc_source *source = rtc_segment_get(the, &xsArg(0))->source;
	if (!source)
		xsTypeError("source: gives no frames");
	return source;
}

static rtc_sink *sinkArgument(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("sink: missing");
	rtc_sink *sink = rtc_segment_get(the, &xsArg(0))->sink;
	if (!sink)
		xsTypeError("sink: takes no frames");
	return sink;
}

void rtc_segment_connect(xsMachine *the, rtc_source *source)
{
	int error = rtc_source_connect(source, sinkArgument(the));
	if (error == EEXIST)
		xsTypeError("sink: already connected");
	if (error)
		xsRangeError("source: feeds %d sinks, no more", RTC_SOURCE_SINKS);
}

void rtc_segment_disconnect(xsMachine *the, rtc_source *source)
{
	rtc_source_disconnect(source, sinkArgument(the)); // of a sink that is not connected: nothing to do
}

static const xsHostHooks inputHooks = {xs_rtc_segment_input_destructor, NULL, NULL};

void xs_rtc_segment_input_destructor(void *data)
{
	rtc_segment *segment = data;
	if (!segment)
		return;
	rtc_sink_disconnect(segment->sink);
	rtc_sink_release(segment->sink);
	free(segment);
}

void rtc_segment_input(xsMachine *the, rtc_sink *sink)
{
	rtc_segment *segment = calloc(1, sizeof *segment);
	if (!segment)
		xsUnknownError("no memory");
	segment->sink = rtc_sink_retain(sink);
	xsmcSetHostData(xsThis, segment);
	xsSetHostHooks(xsThis, (xsHostHooks *)&inputHooks);
	rtc_segment_register(&inputHooks);
}

void xs_rtc_segment_input_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	rtc_segment *segment = rtc_xs_host(the, &xsThis, &inputHooks, "a segment's input");
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_segment_input_destructor(segment);
}
