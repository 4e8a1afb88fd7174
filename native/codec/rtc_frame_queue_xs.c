// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_queue.h"
#include "rtc_segment_xs.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_FRAMES 4

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onFrame;
	rtc_poster *poster;
	rtc_frame_queue *queue;
} queue_record;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	queue_record *record = data;
	if (record->onFrame)
		(*markRoot)(the, record->onFrame);
}

void xs_rtc_frame_queue_destructor(void *data)
{
	queue_record *record = data;
	if (!record)
		return;
	if (record->queue)
		rtc_frame_queue_close(record->queue); // it posts no more
	rtc_poster_close(record->poster);
	free(record);
}

static const xsHostHooks hooks = {xs_rtc_frame_queue_destructor, mark, NULL};

static void post(void *context)
{
	rtc_poster_post(((queue_record *)context)->poster);
}

static void deliver(xsMachine *machine, void *context)
{
	queue_record *record = context;
	rtcEnter(machine);
	xsCallFunction0(xsReference(record->onFrame), xsAccess(record->object));
	rtcLeave(machine);
}

void xs_rtc_frame_queue(xsMachine *the)
{
	uint8_t most =
		(uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_frames, "frames", 1, RTC_FRAME_QUEUE_MOST, DEFAULT_FRAMES);
	queue_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onFrame = rtc_xs_callback(the, &xsArg(0), xsID_onFrame, "onFrame");
	if (!record->onFrame)
		xsTypeError("onFrame: missing");
	record->poster = rtc_poster_new(the, deliver, record);
	record->queue = rtc_frame_queue_new(most, post, record);
	if (!record->queue)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a queue");
	record->segment.sink = rtc_frame_queue_sink(record->queue);
	record->object = xsThis;
	xsRemember(record->object);
}

static queue_record *recordOf(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "EncodedFrameReader");
}

void xs_rtc_frame_queue_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	queue_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_frame_queue_destructor(record);
}

static void makeFrame(xsMachine *the, const rtc_frame *frame)
{
	xsmcSetNewObject(xsResult);
	xsmcSetArrayBuffer(xsVar(0), frame->data, (xsIntegerValue)frame->size);
	xsmcSet(xsResult, xsID_data, xsVar(0));
	xsmcSetBoolean(xsVar(0), frame->key);
	xsmcSet(xsResult, xsID_key, xsVar(0));
	xsmcSetString(xsVar(0), (char *)frame->codec->name);
	xsmcSet(xsResult, xsID_codec, xsVar(0));
	xsmcSetNumber(xsVar(0), (double)frame->time / 1000);
	xsmcSet(xsResult, xsID_time, xsVar(0));
}

void xs_rtc_frame_queue_read(xsMachine *the)
{
	queue_record *record = recordOf(the);
	rtc_frame *frame = rtc_frame_queue_read(record->queue);
	if (!frame)
		return;
	xsmcVars(1);
	if (!rtc_xs_has_room(the, frame->size)) {
		rtc_frame_queue_dropped(record->queue);
		rtc_frame_release(frame);
		return;
	}
	xsTry
	{
		makeFrame(the, frame);
	}
	xsCatch
	{
		rtc_frame_queue_dropped(record->queue);
		rtc_frame_release(frame);
		xsThrow(xsException);
	}
	rtc_frame_release(frame);
}

void xs_rtc_frame_queue_statistics(xsMachine *the)
{
	rtc_frame_queue_statistics statistics;
	rtc_frame_queue_get_statistics(recordOf(the)->queue, &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)statistics.frames);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
}
