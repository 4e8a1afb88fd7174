// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_capture.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_PATH 1024
#define SMALLEST_SIZE 16
#define LARGEST_SIZE 4096
#define DEFAULT_FRAMERATE 30
#define DEFAULT_SAMPLE_RATE 48000

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onError, *onEnded;
	rtc_poster *poster;
	rtc_capture *capture;
	pthread_mutex_t lock;
	rtc_capture_error error; // guarded by `lock`; code NULL: it ended
	uint8_t finished;        // guarded by `lock`
} capture_record;

static void mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	capture_record *record = it;
	if (record->onError)
		(*markRoot)(the, record->onError);
	if (record->onEnded)
		(*markRoot)(the, record->onEnded);
}

static const xsHostHooks videoHooks = {xs_rtc_video_source_destructor, mark, NULL};
static const xsHostHooks audioHooks = {xs_rtc_audio_source_destructor, mark, NULL};

static void destroy(capture_record *record)
{
	if (!record)
		return;
	if (record->capture)
		rtc_capture_close(record->capture); // its thread has ended before the poster goes
	rtc_poster_close(record->poster);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

void xs_rtc_video_source_destructor(void *data)
{
	destroy(data);
}

void xs_rtc_audio_source_destructor(void *data)
{
	destroy(data);
}

static void deliver(xsMachine *the, void *context)
{
	capture_record *record = context;
	pthread_mutex_lock(&record->lock);
	rtc_capture_error error = record->error;
	int finished = record->finished;
	record->finished = 0;
	pthread_mutex_unlock(&record->lock);
	xsSlot *callback = error.code ? record->onError : record->onEnded;
	if (!finished || !callback)
		return;
	rtcEnter(the);
	xsmcVars(2);
	if (error.code) {
		xsmcSetString(xsVar(0), (char *)error.code);
		xsmcSetString(xsVar(1), error.message);
		xsCallFunction2(xsReference(callback), xsAccess(record->object), xsVar(0), xsVar(1));
	} else
		xsCallFunction0(xsReference(callback), xsAccess(record->object));
	rtcLeave(the);
}

static void finished(void *context, const rtc_capture_error *error)
{
	capture_record *record = context;
	pthread_mutex_lock(&record->lock);
	record->finished = 1;
	if (error)
		record->error = *error;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

static uint16_t size_option(xsMachine *the, xsIdentifier id, const char *name)
{
	return (uint16_t)(rtc_xs_integer(the, &xsArg(0), id, name, SMALLEST_SIZE, LARGEST_SIZE, 0) & ~1);
}

static void read_options(xsMachine *the, const xsHostHooks *hooks, rtc_capture_options *options)
{
	if (hooks == &videoHooks) {
		options->width = size_option(the, xsID_width, "width");
		options->height = size_option(the, xsID_height, "height");
		options->framerate =
			(uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_framerate, "framerate", 1, 120, DEFAULT_FRAMERATE);
		options->quality = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_quality, "quality", 1, 100, 0);
	} else {
		int rate = rtc_xs_integer(the, &xsArg(0), xsID_sampleRate, "sampleRate", 8000, 48000, DEFAULT_SAMPLE_RATE);
		if (rate % RTC_AUDIO_FRAMES_PER_SECOND)
			xsRangeError("sampleRate: not a multiple of %d", RTC_AUDIO_FRAMES_PER_SECOND);
		options->sampleRate = (uint32_t)rate;
		options->channels = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_channels, "channels", 1, 2, 1);
	}
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_loop);
	options->loop = xsmcTypeOf(xsVar(0)) == xsUndefinedType || xsmcTest(xsVar(0));
}

static void construct(xsMachine *the, const xsHostHooks *hooks, rtc_capture_opener (*find)(const char *kind))
{
	char kind[16], path[LARGEST_PATH];
	rtc_capture_options options = {.path = path};
	rtc_xs_string(the, &xsArg(0), xsID_source, "source", kind, sizeof kind, 1);
	rtc_xs_string(the, &xsArg(0), xsID_path, "path", path, sizeof path, !strcmp(kind, "file"));
	read_options(the, hooks, &options);
	rtc_capture_opener open = find(kind);
	if (!open)
		rtc_xs_throw(the, "media/unsupported", "there is no such source here");
	capture_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	pthread_mutex_init(&record->lock, NULL);
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)hooks);
	rtc_segment_register(hooks);
	record->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	record->onEnded = rtc_xs_callback(the, &xsArg(0), xsID_onEnded, "onEnded");
	record->poster = rtc_poster_new(the, deliver, record);
	rtc_capture_error error = {0};
	rtc_capture_device *device = open(&options, &error);
	if (!device)
		rtc_xs_throw(the, error.code, error.message);
	record->capture = rtc_capture_new(device, finished, record);
	if (!record->capture)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a source");
	record->segment.source = rtc_capture_source(record->capture);
	record->object = xsThis;
	xsRemember(record->object);
}

static void close_source(xsMachine *the, const xsHostHooks *hooks)
{
	if (!xsmcGetHostData(xsThis))
		return;
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)hooks);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	destroy(record);
}

static void get_statistics(xsMachine *the, const xsHostHooks *hooks, rtc_capture_statistics *statistics)
{
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)hooks);
	rtc_capture_get_statistics(record->capture, statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)statistics->frames);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics->framesDropped);
}

void xs_rtc_video_source(xsMachine *the)
{
	construct(the, &videoHooks, rtc_capture_video_opener);
}

void xs_rtc_video_source_close(xsMachine *the)
{
	close_source(the, &videoHooks);
}

void xs_rtc_video_source_connect(xsMachine *the)
{
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)&videoHooks);
	rtc_segment_connect(the, record->segment.source);
}

void xs_rtc_video_source_disconnect(xsMachine *the)
{
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)&videoHooks);
	rtc_segment_disconnect(the, record->segment.source);
}

void xs_rtc_video_source_statistics(xsMachine *the)
{
	rtc_capture_statistics statistics;
	get_statistics(the, &videoHooks, &statistics);
	rtc_xs_set_number(the, xsID_width, statistics.width);
	rtc_xs_set_number(the, xsID_height, statistics.height);
}

void xs_rtc_audio_source(xsMachine *the)
{
	construct(the, &audioHooks, rtc_capture_audio_opener);
}

void xs_rtc_audio_source_close(xsMachine *the)
{
	close_source(the, &audioHooks);
}

void xs_rtc_audio_source_connect(xsMachine *the)
{
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)&audioHooks);
	rtc_segment_connect(the, record->segment.source);
}

void xs_rtc_audio_source_disconnect(xsMachine *the)
{
	capture_record *record = xsmcGetHostDataValidate(xsThis, (void *)&audioHooks);
	rtc_segment_disconnect(the, record->segment.source);
}

void xs_rtc_audio_source_statistics(xsMachine *the)
{
	rtc_capture_statistics statistics;
	get_statistics(the, &audioHooks, &statistics);
	rtc_xs_set_number(the, xsID_sampleRate, statistics.sampleRate);
	rtc_xs_set_number(the, xsID_channels, statistics.channels);
}
