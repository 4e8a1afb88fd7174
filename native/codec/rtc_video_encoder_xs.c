// SPDX-License-Identifier: Apache-2.0
#include "rtc_encoder_xs.h"
#include "rtc_video_codec.h"
#include "rtc_video_encoder.h"

#include <string.h>

#define DEFAULT_FRAMERATE 30
#define DEFAULT_BITRATE 1000000
// Lost PLIs must not freeze a viewer for longer; the cost is some percent of the bitrate.
#define DEFAULT_KEY_FRAME_INTERVAL 10
#define LARGEST_KEY_FRAME_INTERVAL 3600

static const xsHostHooks hooks = {xs_rtc_video_encoder_destructor, rtc_encoder_record_mark, NULL};

void xs_rtc_video_encoder_destructor(void *data)
{
	rtc_encoder_record_destroy(data);
}

static rtc_video_encoder *encoder_of(xsMachine *the)
{
	rtc_encoder_record *record = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	return record->encoder;
}

static void close_encoder(void *encoder)
{
	rtc_video_encoder_close(encoder);
}

// The place of an option among `names`, which end with NULL; the first where it is absent.
static int choice(xsMachine *the, xsIdentifier id, const char *name, const char *const *names)
{
	char value[40] = "";
	rtc_xs_string(the, &xsArg(0), id, name, value, sizeof value, 0);
	if (!value[0])
		return 0;
	for (int i = 0; names[i]; i++)
		if (!strcmp(value, names[i]))
			return i;
	xsRangeError("%s: there is no \"%s\"", name, value);
	return 0;
}

static rtc_wish_policy policy_option(xsMachine *the)
{
	static const char *const names[] = {"slowest", "median", "fixed", NULL};
	return (rtc_wish_policy)choice(the, xsID_policy, "policy", names);
}

static rtc_video_preference preference_option(xsMachine *the)
{
	static const char *const names[] = {"balanced", "maintain-framerate", "maintain-resolution",
										"maintain-framerate-and-resolution", NULL};
	return (rtc_video_preference)choice(the, xsID_degradationPreference, "degradationPreference", names);
}

// One of RTP's, or JPEG.
static const rtc_codec *codec_option(xsMachine *the)
{
	char name[RTC_CODEC_NAME];
	rtc_xs_string(the, &xsArg(0), xsID_codec, "codec", name, sizeof name, 1);
	return strcmp(name, rtc_codec_jpeg.name) ? rtc_encoder_codec(the, 1) : &rtc_codec_jpeg;
}

void xs_rtc_video_encoder(xsMachine *the)
{
	rtc_video_encoder_options options = {
		.codec = codec_option(the),
		.quality = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_quality, "quality", 1, 100, RTC_JPEG_QUALITY),
		.framerate = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_framerate, "framerate", 1, 120, DEFAULT_FRAMERATE),
		.bitrate = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_bitrate, "bitrate", RTC_VIDEO_MINIMUM_BITRATE,
											RTC_VIDEO_MAXIMUM_BITRATE, DEFAULT_BITRATE),
		.keyFrameInterval = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_keyFrameInterval, "keyFrameInterval", 0,
													 LARGEST_KEY_FRAME_INTERVAL, DEFAULT_KEY_FRAME_INTERVAL),
		.policy = policy_option(the),
		.preference = preference_option(the),
		.failed = rtc_encoder_record_failed,
		.changed = rtc_encoder_record_changed,
	};
	rtc_encoder_record *record = rtc_encoder_record_new(the, &hooks);
	options.context = record;
	record->close = close_encoder;
	int error;
	rtc_video_encoder *encoder = rtc_video_encoder_new(&options, &error);
	rtc_encoder_record_open(the, record, encoder, error);
	record->segment.sink = rtc_video_encoder_sink(encoder);
	record->segment.source = rtc_video_encoder_source(encoder);
}

void xs_rtc_video_encoder_hasSlices(xsMachine *the)
{
	xsmcSetBoolean(xsResult, rtc_codec_h264.video->hasSlices);
}

void xs_rtc_video_encoder_canEncode(xsMachine *the)
{
	char name[RTC_CODEC_NAME];
	xsmcToStringBuffer(xsArg(0), name, sizeof name);
	const rtc_codec *codec = rtc_codec_find(name);
	xsmcSetBoolean(xsResult, codec && codec->video);
}

void xs_rtc_video_encoder_close(xsMachine *the)
{
	rtc_encoder_record_close(the, &hooks);
}

void xs_rtc_video_encoder_connect(xsMachine *the)
{
	rtc_segment_connect(the, rtc_video_encoder_source(encoder_of(the)));
}

void xs_rtc_video_encoder_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, rtc_video_encoder_source(encoder_of(the)));
}

void xs_rtc_video_encoder_get_bitrate(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)rtc_video_encoder_get_bitrate(encoder_of(the)));
}

void xs_rtc_video_encoder_set_bitrate(xsMachine *the)
{
	rtc_video_encoder *encoder = encoder_of(the);
	double bitrate = xsmcToNumber(xsArg(0));
	if (!(bitrate >= RTC_VIDEO_MINIMUM_BITRATE && bitrate <= RTC_VIDEO_MAXIMUM_BITRATE))
		xsRangeError("bitrate: not from %d to %d", (int)RTC_VIDEO_MINIMUM_BITRATE, (int)RTC_VIDEO_MAXIMUM_BITRATE);
	rtc_video_encoder_set_bitrate(encoder, (uint32_t)bitrate);
}

void xs_rtc_video_encoder_setLimits(xsMachine *the)
{
	rtc_video_encoder *encoder = encoder_of(the);
	rtc_video_level known;
	if (xsmcArgc < 1)
		xsTypeError("limits: missing");
	xsmcVars(1);
	rtc_video_encoder_limits limits = {
		.level = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_level, "level", 0, 255, 0),
		.maximumNalSize = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_maximumNalSize, "maximumNalSize", 0, 65535, 0),
	};
	if (limits.level && !rtc_video_level_of(limits.level, &known))
		xsRangeError("level: there is no %d", limits.level);
	rtc_video_encoder_set_limits(encoder, &limits);
}

void xs_rtc_video_encoder_requestKeyFrame(xsMachine *the)
{
	rtc_video_encoder_request_key_frame(encoder_of(the));
}

void xs_rtc_video_encoder_statistics(xsMachine *the)
{
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(encoder_of(the), &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_framesEncoded, (double)statistics.framesEncoded);
	rtc_xs_set_number(the, xsID_keyFramesEncoded, (double)statistics.keyFramesEncoded);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
	rtc_xs_set_number(the, xsID_framesSpared, (double)statistics.framesSpared);
	rtc_xs_set_number(the, xsID_bytes, (double)statistics.bytes);
	rtc_xs_set_number(the, xsID_encodeTime, (double)statistics.encodeTime / 1e6);
	rtc_xs_set_number(the, xsID_targetBitrate, statistics.targetBitrate);
	rtc_xs_set_number(the, xsID_width, statistics.width);
	rtc_xs_set_number(the, xsID_height, statistics.height);
	rtc_xs_set_number(the, xsID_framerate, statistics.framerate);
}
