// SPDX-License-Identifier: Apache-2.0
#include "rtc_encoder_xs.h"
#include "rtc_audio_codec.h"
#include "rtc_audio_encoder.h"

#define DEFAULT_BITRATE 32000
#define MINIMUM_BITRATE 6000 // RFC 6716 section 2.1.1
#define MAXIMUM_BITRATE 510000

static const xsHostHooks hooks = {xs_rtc_audio_encoder_destructor, rtc_encoder_record_mark, NULL};

void xs_rtc_audio_encoder_destructor(void *data)
{
	rtc_encoder_record_destroy(data);
}

static rtc_audio_encoder *encoder_of(xsMachine *the)
{
	rtc_encoder_record *record = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	return record->encoder;
}

static void close_encoder(void *encoder)
{
	rtc_audio_encoder_close(encoder);
}

void xs_rtc_audio_encoder(xsMachine *the)
{
	rtc_audio_encoder_options options = {
		.codec = rtc_encoder_codec(the, 0),
		.bitrate = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_bitrate, "bitrate", MINIMUM_BITRATE, MAXIMUM_BITRATE,
											DEFAULT_BITRATE),
		.failed = rtc_encoder_record_failed,
	};
	const rtc_audio_class *class = options.codec->audio;
	int rate = rtc_xs_integer(the, &xsArg(0), xsID_sampleRate, "sampleRate", 8000, 48000, (int)class->sampleRate);
	int channels = rtc_xs_integer(the, &xsArg(0), xsID_channels, "channels", 1, 2, 1);
	if (!class->takes((uint32_t)rate, (uint32_t)channels))
		xsRangeError("sampleRate: not one that the codec takes with that many channels");
	rtc_encoder_record *record = rtc_encoder_record_new(the, &hooks);
	options.context = record;
	record->close = close_encoder;
	int error;
	rtc_audio_encoder *encoder = rtc_audio_encoder_new(&options, &error);
	rtc_encoder_record_open(the, record, encoder, error);
	record->segment.sink = rtc_audio_encoder_sink(encoder);
	record->segment.source = rtc_audio_encoder_source(encoder);
}

void xs_rtc_audio_encoder_close(xsMachine *the)
{
	rtc_encoder_record_close(the, &hooks);
}

void xs_rtc_audio_encoder_connect(xsMachine *the)
{
	rtc_segment_connect(the, rtc_audio_encoder_source(encoder_of(the)));
}

void xs_rtc_audio_encoder_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, rtc_audio_encoder_source(encoder_of(the)));
}

void xs_rtc_audio_encoder_get_bitrate(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)rtc_audio_encoder_get_bitrate(encoder_of(the)));
}

void xs_rtc_audio_encoder_set_bitrate(xsMachine *the)
{
	rtc_audio_encoder *encoder = encoder_of(the);
	double bitrate = xsmcToNumber(xsArg(0));
	if (!(bitrate >= MINIMUM_BITRATE && bitrate <= MAXIMUM_BITRATE))
		xsRangeError("bitrate: not from %d to %d", MINIMUM_BITRATE, MAXIMUM_BITRATE);
	rtc_audio_encoder_set_bitrate(encoder, (uint32_t)bitrate);
}

static int flag(xsMachine *the, xsIdentifier id)
{
	xsmcGet(xsVar(0), xsArg(0), id);
	return xsmcTest(xsVar(0));
}

void xs_rtc_audio_encoder_setLimits(xsMachine *the)
{
	rtc_audio_encoder *encoder = encoder_of(the);
	if (xsmcArgc < 1)
		xsTypeError("limits: missing");
	xsmcVars(1);
	rtc_audio_limits limits = {
		.fec = (uint8_t)flag(the, xsID_fec),
		.dtx = (uint8_t)flag(the, xsID_dtx),
		.mono = (uint8_t)flag(the, xsID_mono),
		.playbackRate = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_playbackRate, "playbackRate", 0, 48000, 0),
		.bitrate = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_bitrate, "bitrate", 0, MAXIMUM_BITRATE, 0),
	};
	if (limits.bitrate && limits.bitrate < MINIMUM_BITRATE)
		limits.bitrate = MINIMUM_BITRATE;
	rtc_audio_encoder_set_limits(encoder, &limits);
}

void xs_rtc_audio_encoder_statistics(xsMachine *the)
{
	rtc_audio_encoder_statistics statistics;
	rtc_audio_encoder_get_statistics(encoder_of(the), &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_framesEncoded, (double)statistics.framesEncoded);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
	rtc_xs_set_number(the, xsID_framesSpared, (double)statistics.framesSpared);
	rtc_xs_set_number(the, xsID_bytes, (double)statistics.bytes);
	rtc_xs_set_number(the, xsID_encodeTime, (double)statistics.encodeTime / 1e6);
	rtc_xs_set_number(the, xsID_targetBitrate, statistics.targetBitrate);
	rtc_xs_set_number(the, xsID_sampleRate, statistics.sampleRate);
	rtc_xs_set_number(the, xsID_channels, statistics.channels);
}
