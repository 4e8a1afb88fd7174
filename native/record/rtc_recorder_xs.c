// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_recorder.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_PATH 1024
#define SMALLEST_BUFFER 32768
#define LARGEST_BUFFER 16777216
#define DEFAULT_BUFFER 262144
#define LARGEST_PART 2048 // bytes that JavaScript gets at once

typedef struct {
	xsSlot object;
	xsSlot *onReady, *onError;
	rtc_poster *poster;
	rtc_recorder *recorder;
	pthread_mutex_t lock;
	int error; // an errno value for onError; guarded by `lock`
} recorder_record;

static void mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	recorder_record *record = it;
	if (record->onReady)
		(*markRoot)(the, record->onReady);
	if (record->onError)
		(*markRoot)(the, record->onError);
}

static const xsHostHooks hooks = {xs_rtc_recorder_destructor, mark, NULL};

void xs_rtc_recorder_destructor(void *data)
{
	recorder_record *record = data;
	if (!record)
		return;
	if (record->recorder)
		rtc_recorder_close(record->recorder); // who posts has ended before the poster goes
	rtc_poster_close(record->poster);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

static recorder_record *recordOf(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "Recorder");
}

static void deliver(xsMachine *machine, void *context)
{
	recorder_record *record = context;
	pthread_mutex_lock(&record->lock);
	int error = record->error;
	record->error = 0;
	pthread_mutex_unlock(&record->lock);
	xsSlot *callback = error ? record->onError : record->onReady;
	if (!callback)
		return;
	rtcEnter(machine);
	if (error) {
		xsmcVars(1);
		xsmcSetString(xsVar(0), strerror(error));
		xsCallFunction1(xsReference(callback), xsAccess(record->object), xsVar(0));
	} else
		xsCallFunction0(xsReference(callback), xsAccess(record->object));
	rtcLeave(machine);
}

static void ready(void *context)
{
	rtc_poster_post(((recorder_record *)context)->poster);
}

static void failed(void *context, int error)
{
	recorder_record *record = context;
	pthread_mutex_lock(&record->lock);
	record->error = error;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

void xs_rtc_recorder(xsMachine *the)
{
	char path[LARGEST_PATH];
	int error;
	rtc_xs_string(the, &xsArg(0), xsID_path, "path", path, sizeof path, 0);
	rtc_recorder_options options = {
		.capacity = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_buffer, "buffer", SMALLEST_BUFFER, LARGEST_BUFFER,
											 DEFAULT_BUFFER),
		.channels = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_channels, "channels", 0, 2, 0),
		.path = path[0] ? path : NULL,
		.ready = ready,
		.failed = failed,
	};
	recorder_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	pthread_mutex_init(&record->lock, NULL);
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	record->onReady = rtc_xs_callback(the, &xsArg(0), xsID_onReady, "onReady");
	record->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	record->poster = rtc_poster_new(the, deliver, record);
	options.context = record;
	record->recorder = rtc_recorder_new(&options, &error);
	if (!record->recorder)
		rtc_xs_throw(the, path[0] ? "media/file-unwritable" : "peer/out-of-resources", strerror(error));
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_recorder_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	recorder_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_recorder_destructor(record);
}

void xs_rtc_recorder_read(xsMachine *the)
{
	uint8_t part[LARGEST_PART];
	recorder_record *record = recordOf(the);
	if (!rtc_xs_has_room(the, sizeof part))
		return;
	size_t size = rtc_recorder_read(record->recorder, part, sizeof part);
	if (size)
		xsmcSetArrayBuffer(xsResult, part, (xsIntegerValue)size);
}

void xs_rtc_recorder_finish(xsMachine *the)
{
	rtc_recorder_finish(recordOf(the)->recorder);
}

void xs_rtc_recorder_statistics(xsMachine *the)
{
	rtc_recorder_statistics counted;
	rtc_recorder_get_statistics(recordOf(the)->recorder, &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)counted.frames);
	rtc_xs_set_number(the, xsID_framesDropped, (double)counted.framesDropped);
	rtc_xs_set_number(the, xsID_packets, (double)counted.packets);
	rtc_xs_set_number(the, xsID_packetsDropped, (double)counted.packetsDropped);
	rtc_xs_set_number(the, xsID_bytes, (double)counted.bytes);
	rtc_xs_set_number(the, xsID_duration, (double)counted.duration / 1e6);
}

void xs_rtc_recorder_input(xsMachine *the)
{
	if (xsmcArgc < 2)
		xsTypeError("recorder, isVideo: missing");
	recorder_record *recorder = rtc_xs_host(the, &xsArg(0), &hooks, "Recorder");
	rtc_segment_input(the, rtc_recorder_sink(recorder->recorder, xsmcTest(xsArg(1)) ? RTC_MP4_VIDEO : RTC_MP4_AUDIO));
}
