// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_player.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_PATH 1024
#define DEFAULT_SAMPLE_RATE 48000
#define SHORTEST_INTERVAL 50 // milliseconds
#define LONGEST_INTERVAL 60000

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onError, *onLevel;
	rtc_poster *poster;
	rtc_player *player;
	pthread_mutex_t lock;
	rtc_player_error error; // guarded by `lock`; code NULL: none
	uint8_t heard;          // guarded by `lock`
} player_record;

static void mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	player_record *record = it;
	if (record->onError)
		(*markRoot)(the, record->onError);
	if (record->onLevel)
		(*markRoot)(the, record->onLevel);
}

static const xsHostHooks hooks = {xs_rtc_audio_output_destructor, mark, NULL};

void xs_rtc_audio_output_destructor(void *data)
{
	player_record *record = data;
	if (!record)
		return;
	if (record->player)
		rtc_player_close(record->player); // its thread has ended before the poster goes
	rtc_poster_close(record->poster);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

static player_record *recordOf(xsMachine *the)
{
	return xsmcGetHostDataValidate(xsThis, (void *)&hooks);
}

static void deliver(xsMachine *the, void *context)
{
	player_record *record = context;
	rtc_player_statistics statistics;
	pthread_mutex_lock(&record->lock);
	rtc_player_error error = record->error;
	int heard = record->heard;
	record->error.code = NULL;
	record->heard = 0;
	pthread_mutex_unlock(&record->lock);
	rtc_player_get_statistics(record->player, &statistics);
	// One call: it may close this object. A level comes again soon.
	xsSlot *callback = error.code ? record->onError : heard ? record->onLevel : NULL;
	if (!callback)
		return;
	rtcEnter(the);
	xsmcVars(2);
	if (error.code) {
		xsmcSetString(xsVar(0), (char *)error.code);
		xsmcSetString(xsVar(1), error.message);
		xsCallFunction2(xsReference(callback), xsAccess(record->object), xsVar(0), xsVar(1));
	} else {
		xsmcSetNumber(xsVar(0), statistics.level);
		xsCallFunction1(xsReference(callback), xsAccess(record->object), xsVar(0));
	}
	rtcLeave(the);
}

static void failed(void *context, const rtc_player_error *error)
{
	player_record *record = context;
	pthread_mutex_lock(&record->lock);
	record->error = *error;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

static void heard(void *context)
{
	player_record *record = context;
	pthread_mutex_lock(&record->lock);
	record->heard = 1;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

static uint32_t sampleRateOption(xsMachine *the)
{
	int rate = rtc_xs_integer(the, &xsArg(0), xsID_sampleRate, "sampleRate", 8000, 48000, DEFAULT_SAMPLE_RATE);
	if (rate != 8000 && rate != 16000 && rate != 24000 && rate != 48000)
		xsRangeError("sampleRate: 8000, 16000, 24000 or 48000");
	return (uint32_t)rate;
}

void xs_rtc_audio_output(xsMachine *the)
{
	char kind[16], path[LARGEST_PATH];
	rtc_player_options options = {.path = path};
	rtc_xs_string(the, &xsArg(0), xsID_output, "output", kind, sizeof kind, 1);
	rtc_xs_string(the, &xsArg(0), xsID_path, "path", path, sizeof path, !strcmp(kind, "file"));
	options.sampleRate = sampleRateOption(the);
	options.channels = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_channels, "channels", 1, 2, 1);
	rtc_player_listener listener = {.failed = failed, .heard = heard};
	listener.interval = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_levelInterval, "levelInterval", SHORTEST_INTERVAL,
												 LONGEST_INTERVAL, 0);
	rtc_player_opener open = rtc_player_find(kind);
	if (!open)
		rtc_xs_throw(the, "media/unsupported", "there is no such output here");
	player_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	pthread_mutex_init(&record->lock, NULL);
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	record->onLevel = rtc_xs_callback(the, &xsArg(0), xsID_onLevel, "onLevel");
	record->poster = rtc_poster_new(the, deliver, record);
	listener.context = record;
	rtc_player_error error = {0};
	rtc_player_device *device = open(&options, &error);
	if (!device)
		rtc_xs_throw(the, error.code, error.message);
	record->player = rtc_player_new(device, &options, &listener);
	if (!record->player)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a player");
	record->segment.source = rtc_player_heard(record->player);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_audio_output_connect(xsMachine *the)
{
	rtc_segment_connect(the, recordOf(the)->segment.source);
}

void xs_rtc_audio_output_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, recordOf(the)->segment.source);
}

void xs_rtc_audio_output_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	player_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_audio_output_destructor(record);
}

void xs_rtc_audio_output_play(xsMachine *the)
{
	player_record *record = recordOf(the);
	int error = rtc_player_play(record->player, rtc_segment_source(the));
	if (error == EEXIST)
		xsTypeError("source: it is played already");
	if (error)
		rtc_xs_throw(the, "peer/out-of-resources", error == ENOSPC ? "too many streams at once" : "no memory");
}

void xs_rtc_audio_output_stop(xsMachine *the)
{
	rtc_player_stop(recordOf(the)->player, rtc_segment_source(the)); // of one that is not played: nothing to do
}

void xs_rtc_audio_output_set_volume(xsMachine *the)
{
	player_record *record = recordOf(the);
	double volume = xsmcToNumber(xsArg(0));
	if (!(volume >= 0 && volume <= 4))
		xsRangeError("volume: not from 0 to 4");
	rtc_player_set_volume(record->player, (float)volume);
}

void xs_rtc_audio_output_statistics(xsMachine *the)
{
	rtc_player_statistics statistics;
	rtc_player_get_statistics(recordOf(the)->player, &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_frames, (double)statistics.frames);
	rtc_xs_set_number(the, xsID_late, (double)statistics.late);
	rtc_xs_set_number(the, xsID_clipped, (double)statistics.clipped);
	rtc_xs_set_number(the, xsID_streams, statistics.streams);
	rtc_xs_set_number(the, xsID_level, statistics.level);
}

void xs_rtc_audio_output_streamStatistics(xsMachine *the)
{
	rtc_playout_statistics counted;
	player_record *record = recordOf(the);
	if (rtc_player_get_stream_statistics(record->player, rtc_segment_source(the), &counted))
		return;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsDiscarded, (double)counted.packetsDiscarded);
	rtc_xs_set_number(the, xsID_packetsUndecodable, (double)counted.undecodable);
	rtc_xs_set_number(the, xsID_totalSamplesReceived, (double)counted.samplesReceived);
	rtc_xs_set_number(the, xsID_concealedSamples, (double)counted.concealedSamples);
	rtc_xs_set_number(the, xsID_silentConcealedSamples, (double)counted.silentConcealedSamples);
	rtc_xs_set_number(the, xsID_concealmentEvents, (double)counted.concealmentEvents);
	rtc_xs_set_number(the, xsID_insertedSamplesForDeceleration, (double)counted.samplesInserted);
	rtc_xs_set_number(the, xsID_removedSamplesForAcceleration, (double)counted.samplesRemoved);
	rtc_xs_set_number(the, xsID_jitterBufferDelay, (double)counted.jitterBufferDelay / 1e6);
	rtc_xs_set_number(the, xsID_jitterBufferEmittedCount, (double)counted.jitterBufferEmitted);
	rtc_xs_set_number(the, xsID_jitterBufferTargetDelay, counted.jitterBufferTarget / 1e6);
	rtc_xs_set_number(the, xsID_audioLevel, counted.level);
	rtc_xs_set_number(the, xsID_totalAudioEnergy, counted.energy);
	rtc_xs_set_number(the, xsID_totalSamplesDuration, counted.duration);
}
