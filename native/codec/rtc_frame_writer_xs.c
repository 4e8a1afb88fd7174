// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_writer.h"
#include "rtc_segment_xs.h"

#include <errno.h>
#include <stdlib.h>

#define LARGEST 8388608 // bytes of a frame
#define DEFAULT_LARGEST 65536
#define MOST_FRAMES 64
#define DEFAULT_FRAMES 8

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onKeyFrameWanted;
	rtc_poster *poster;
	rtc_frame_writer *writer;
} writer_record;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	writer_record *record = data;
	if (record->onKeyFrameWanted)
		(*markRoot)(the, record->onKeyFrameWanted);
}

void xs_rtc_frame_writer_destructor(void *data)
{
	writer_record *record = data;
	if (!record)
		return;
	if (record->writer)
		rtc_frame_writer_close(record->writer); // it posts no more
	rtc_poster_close(record->poster);
	free(record);
}

static const xsHostHooks hooks = {xs_rtc_frame_writer_destructor, mark, NULL};

static void post(void *context)
{
	rtc_poster_post(((writer_record *)context)->poster);
}

static void deliver(xsMachine *machine, void *context)
{
	writer_record *record = context;
	if (!record->onKeyFrameWanted)
		return;
	rtcEnter(machine);
	xsCallFunction0(xsReference(record->onKeyFrameWanted), xsAccess(record->object));
	rtcLeave(machine);
}

void xs_rtc_frame_writer(xsMachine *the)
{
	char name[RTC_CODEC_NAME];
	rtc_xs_string(the, &xsArg(0), xsID_codec, "codec", name, sizeof name, 1);
	rtc_frame_writer_options options = {
		.codec = rtc_codec_find(name),
		.frames = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_frames, "frames", 1, MOST_FRAMES, DEFAULT_FRAMES),
		.largest = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_largest, "largest", 1, LARGEST, DEFAULT_LARGEST),
		.onKeyFrameWanted = post,
	};
	if (!options.codec)
		xsRangeError("codec: unknown");
	writer_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onKeyFrameWanted = rtc_xs_callback(the, &xsArg(0), xsID_onKeyFrameWanted, "onKeyFrameWanted");
	record->poster = rtc_poster_new(the, deliver, record);
	options.context = record;
	record->writer = rtc_frame_writer_new(&options);
	if (!record->writer)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a writer");
	record->segment.source = rtc_frame_writer_source(record->writer);
	record->object = xsThis;
	xsRemember(record->object);
}

static writer_record *recordOf(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "FrameWriter");
}

void xs_rtc_frame_writer_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	writer_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_frame_writer_destructor(record);
}

void xs_rtc_frame_writer_connect(xsMachine *the)
{
	rtc_segment_connect(the, rtc_frame_writer_source(recordOf(the)->writer));
}

void xs_rtc_frame_writer_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, rtc_frame_writer_source(recordOf(the)->writer));
}

// write(bytes, key): whether all sinks were given it.
void xs_rtc_frame_writer_write(xsMachine *the)
{
	void *data;
	xsUnsignedValue size;
	if (xsmcArgc < 1)
		xsTypeError("frame: missing");
	int key = xsmcArgc > 1 && xsmcTest(xsArg(1));
	writer_record *record = recordOf(the);
	xsmcGetBufferReadable(xsArg(0), &data, &size); // no engine call from here on
	int error = rtc_frame_writer_write(record->writer, data, size, key, 0);
	if (error == EMSGSIZE)
		xsRangeError("frame: not from 1 byte to what is the largest");
	xsmcSetBoolean(xsResult, !error);
}

void xs_rtc_frame_writer_statistics(xsMachine *the)
{
	rtc_frame_writer_statistics statistics;
	rtc_frame_writer_get_statistics(recordOf(the)->writer, &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)statistics.frames);
	rtc_xs_set_number(the, xsID_keyFrames, (double)statistics.keyFrames);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
	rtc_xs_set_number(the, xsID_bytes, (double)statistics.bytes);
	rtc_xs_set_number(the, xsID_targetBitrate, statistics.targetBitrate);
}
