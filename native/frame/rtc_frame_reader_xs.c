// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_reader.h"
#include "rtc_segment_xs.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_HEADER 256 // bytes
#define LARGEST_PART 1024
#define LARGEST_INTERVAL 3600000 // milliseconds

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onFrame;
	rtc_poster *poster;
	rtc_frame_reader *reader;
} reader_record;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	reader_record *record = data;
	if (record->onFrame)
		(*markRoot)(the, record->onFrame);
}

static const xsHostHooks hooks = {xs_rtc_frame_reader_destructor, mark, NULL};

void xs_rtc_frame_reader_destructor(void *data)
{
	reader_record *record = data;
	if (!record)
		return;
	if (record->reader)
		rtc_frame_reader_close(record->reader); // it posts no more
	rtc_poster_close(record->poster);
	free(record);
}

static void post(void *context)
{
	rtc_poster_post(((reader_record *)context)->poster);
}

static void deliver(xsMachine *machine, void *context)
{
	reader_record *record = context;
	rtcEnter(machine);
	xsCallFunction0(xsReference(record->onFrame), xsAccess(record->object));
	rtcLeave(machine);
}

static rtc_format formatOption(xsMachine *the, int *converts)
{
	char name[8] = "jpeg";
	rtc_xs_string(the, &xsArg(0), xsID_format, "format", name, sizeof name, 0);
	if (!name[0] || !strcmp(name, "jpeg"))
		return RTC_FORMAT_JPEG;
	*converts = !strcmp(name, "rgb565");
	if (strcmp(name, "i420") && !*converts)
		xsRangeError("format: jpeg, i420 or rgb565");
	return RTC_FORMAT_I420;
}

void xs_rtc_frame_reader(xsMachine *the)
{
	int converts = 0;
	rtc_format format = formatOption(the, &converts);
	uint32_t interval =
		(uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_interval, "interval", 0, LARGEST_INTERVAL, 0) * 1000;
	reader_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onFrame = rtc_xs_callback(the, &xsArg(0), xsID_onFrame, "onFrame");
	if (!record->onFrame)
		xsTypeError("onFrame: missing");
	record->poster = rtc_poster_new(the, deliver, record);
	record->reader = rtc_frame_reader_new(post, record);
	if (!record->reader)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a reader");
	rtc_frame_reader_choose(record->reader, format, interval);
	if (converts)
		rtc_frame_reader_convert(record->reader);
	record->segment.sink = rtc_frame_reader_sink(record->reader);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_frame_reader_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	reader_record *record = rtc_xs_host(the, &xsThis, &hooks, "FrameReader");
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_frame_reader_destructor(record);
}

// An argument, 0 where it is absent.
static uint32_t numberOf(xsMachine *the, int index, const char *name, uint32_t largest)
{
	if (xsmcArgc <= index || xsmcTypeOf(xsArg(index)) == xsUndefinedType)
		return 0;
	double value = xsmcToNumber(xsArg(index));
	if (!(value >= 0 && value <= largest))
		xsRangeError("%s: 0 to %u", name, (unsigned)largest);
	return (uint32_t)value;
}

void xs_rtc_frame_reader_read(xsMachine *the)
{
	uint32_t header = numberOf(the, 0, "header", LARGEST_HEADER);
	reader_record *record = rtc_xs_host(the, &xsThis, &hooks, "FrameReader");
	rtc_frame *frame = rtc_frame_reader_read(record->reader);
	if (!frame)
		return;
	uint32_t size = rtc_frame_reader_size(record->reader, frame);
	if (!rtc_xs_has_room(the, header + size)) {
		rtc_frame_reader_dropped(record->reader);
		rtc_frame_release(frame);
		return;
	}
	xsTry
	{
		xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)(header + size));
		rtc_frame_reader_write(record->reader, frame, (uint8_t *)xsmcToArrayBuffer(xsResult) + header);
	}
	xsCatch
	{
		rtc_frame_release(frame);
		xsThrow(xsException);
	}
	rtc_frame_release(frame);
}

void xs_rtc_frame_reader_take(xsMachine *the)
{
	reader_record *record = rtc_xs_host(the, &xsThis, &hooks, "FrameReader");
	xsmcSetInteger(xsResult, (xsIntegerValue)rtc_frame_reader_take(record->reader));
}

void xs_rtc_frame_reader_slice(xsMachine *the)
{
	uint8_t part[LARGEST_PART];
	uint32_t from = numberOf(the, 0, "from", UINT32_MAX), most = numberOf(the, 1, "most", LARGEST_PART);
	reader_record *record = rtc_xs_host(the, &xsThis, &hooks, "FrameReader");
	uint32_t size = rtc_frame_reader_copy(record->reader, from, part, most);
	if (size)
		xsmcSetArrayBuffer(xsResult, part, (xsIntegerValue)size);
}

void xs_rtc_frame_reader_statistics(xsMachine *the)
{
	rtc_frame_reader_statistics statistics;
	reader_record *record = rtc_xs_host(the, &xsThis, &hooks, "FrameReader");
	rtc_frame_reader_get_statistics(record->reader, &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)statistics.frames);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
	rtc_xs_set_number(the, xsID_framesSpared, (double)statistics.framesSpared);
	rtc_xs_set_number(the, xsID_width, statistics.width);
	rtc_xs_set_number(the, xsID_height, statistics.height);
}
