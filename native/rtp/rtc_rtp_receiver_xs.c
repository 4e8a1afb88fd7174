// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_rtp_receiver.h"
#include "rtc_rtp_session_xs.h"

#include <stdlib.h>
#include <string.h>

#define UNIX_EPOCH 2208988800.0 // 1970 in seconds since 1900 (RFC 5905 section 6)

typedef struct {
	rtc_segment segment; // first, for connect()
	rtc_rtp_receiver *receiver;
	rtc_poster *poster;
	xsSlot object;
	xsSlot *onActive;
} receiver_record;

static void mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	receiver_record *record = it;
	if (record->onActive)
		(*markRoot)(the, record->onActive);
}

static const xsHostHooks hooks = {xs_rtc_rtp_receiver_destructor, mark, NULL};

void xs_rtc_rtp_receiver_destructor(void *data)
{
	receiver_record *record = data;
	if (!record)
		return;
	if (record->receiver)
		rtc_rtp_receiver_close(record->receiver); // it posts no more
	rtc_poster_close(record->poster);
	free(record);
}

static receiver_record *recordOf(xsMachine *the)
{
	return xsmcGetHostDataValidate(xsThis, (void *)&hooks);
}

static void changed(void *context)
{
	rtc_poster_post(((receiver_record *)context)->poster);
}

static void deliver(xsMachine *the, void *context)
{
	receiver_record *record = context;
	int active = rtc_rtp_receiver_is_active(record->receiver);
	if (!record->onActive)
		return;
	rtcEnter(the);
	xsmcVars(1);
	xsmcSetBoolean(xsVar(0), active);
	xsCallFunction1(xsReference(record->onActive), xsAccess(record->object), xsVar(0));
	rtcLeave(the);
}

static uint32_t toSsrc(xsMachine *the, xsSlot *slot, const char *name)
{
	double value = xsmcToNumber(*slot);
	if (!(value >= 1 && value <= UINT32_MAX) || value != (double)(uint32_t)value)
		xsRangeError("%s: not an integer from 1 to 4294967295", name);
	return (uint32_t)value;
}

// The length of the array in xsVar(0), which has at most `most` items.
static int lengthOf(xsMachine *the, const char *name, int most)
{
	xsmcGet(xsVar(1), xsVar(0), xsID_length);
	int length = xsmcToInteger(xsVar(1));
	if (length < 0 || length > most)
		xsRangeError("%s: at most %d", name, most);
	return length;
}

static void readFormats(xsMachine *the, rtc_rtp_receiver_options *options)
{
	char name[RTC_CODEC_NAME];
	xsmcGet(xsVar(0), xsArg(0), xsID_formats);
	int length = lengthOf(the, "formats", RTC_RTP_RECEIVER_FORMATS);
	for (int i = 0; i < length; i++) {
		xsmcGetIndex(xsVar(1), xsVar(0), (xsIntegerValue)i);
		rtc_xs_string(the, &xsVar(1), xsID_codec, "codec", name, sizeof name, 1);
		int payloadType = rtc_xs_integer(the, &xsVar(1), xsID_payloadType, "payloadType", 0, 127, -1);
		const rtc_codec *codec = rtc_codec_find(name);
		if (!codec)
			xsRangeError("codec: there is no %s", name);
		if (payloadType < 0)
			xsTypeError("payloadType: missing");
		int rtx = rtc_xs_integer(the, &xsVar(1), xsID_rtx, "rtx", 0, 127, -1);
		options->formats[options->formatCount].payloadType = (uint8_t)payloadType;
		options->formats[options->formatCount].hasRtx = rtx >= 0;
		options->formats[options->formatCount].rtxPayloadType = (uint8_t)(rtx < 0 ? 0 : rtx);
		options->formats[options->formatCount++].codec = codec;
	}
	options->isVideo = options->formatCount && options->formats[0].codec->isVideo;
}

static void readSources(xsMachine *the, rtc_rtp_receiver_options *options)
{
	xsmcGet(xsVar(0), xsArg(0), xsID_sources);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType)
		return;
	xsmcGet(xsVar(1), xsVar(0), xsID_length);
	int length = xsmcToInteger(xsVar(1));
	for (int i = 0; i < length && i < RTC_RTP_RECEIVER_SOURCES; i++) { // more are found by their MID
		xsmcGetIndex(xsVar(1), xsVar(0), (xsIntegerValue)i);
		options->sources[options->sourceCount++] = toSsrc(the, &xsVar(1), "sources");
	}
}

static int isSet(xsMachine *the, xsIdentifier id)
{
	xsmcGet(xsVar(0), xsArg(0), id);
	return xsmcTest(xsVar(0));
}

static void readOptions(xsMachine *the, rtc_rtp_receiver_options *options)
{
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	readFormats(the, options);
	readSources(the, options);
	xsmcGet(xsVar(0), xsArg(0), xsID_ssrc);
	options->ssrc = toSsrc(the, &xsVar(0), "ssrc");
	rtc_xs_string(the, &xsArg(0), xsID_cname, "cname", options->cname, sizeof options->cname, 1);
	options->midId = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_midId, "midId", 1, 14, 0);
	options->transportSequenceId =
		(uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_transportSequenceId, "transportSequenceId", 1, 14, 0);
	options->isRated = (uint8_t)isSet(the, xsID_remb);
	options->sendTimeId = (uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_sendTimeId, "sendTimeId", 1, 14, 0);
	rtc_xs_string(the, &xsArg(0), xsID_mid, "mid", options->mid, sizeof options->mid, 0);
	options->feedback = (uint8_t)((isSet(the, xsID_nack) ? RTC_RTP_PICTURES_NACK : 0) |
								  (isSet(the, xsID_pli) ? RTC_RTP_PICTURES_PLI : 0) |
								  (isSet(the, xsID_fir) ? RTC_RTP_PICTURES_FIR : 0));
	options->isReducedSize = (uint8_t)isSet(the, xsID_reducedSize);
}

void xs_rtc_rtp_configureReception(xsMachine *the)
{
	double bytes = xsmcArgc > 0 ? xsmcToNumber(xsArg(0)) : 0;
	if (!(bytes >= 0 && bytes <= UINT32_MAX) || rtc_rtp_receiver_configure((uint32_t)bytes))
		xsRangeError("bytes: not from %u to %u", RTC_ASSEMBLY_BYTES_MINIMUM, RTC_ASSEMBLY_BYTES_MAXIMUM);
}

void xs_rtc_rtp_receiver(xsMachine *the)
{
	rtc_rtp_receiver_options options = {0};
	int error;
	xsmcVars(2);
	readOptions(the, &options);
	xsmcGet(xsVar(0), xsArg(0), xsID_session);
	rtc_rtp_session *session = rtc_rtp_session_from_xs(the, &xsVar(0));
	receiver_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onActive = rtc_xs_callback(the, &xsArg(0), xsID_onActive, "onActive");
	record->poster = rtc_poster_new(the, deliver, record);
	record->receiver = rtc_rtp_receiver_new(&options, session, changed, record, &error);
	if (!record->receiver)
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
	record->segment.source = rtc_rtp_receiver_source(record->receiver);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_rtp_receiver_change(xsMachine *the)
{
	receiver_record *record = recordOf(the);
	rtc_rtp_receiver_options options = {0};
	xsmcVars(2);
	readOptions(the, &options);
	if (rtc_rtp_receiver_change(record->receiver, &options))
		xsRangeError("formats: not those of such a section");
}

void xs_rtc_rtp_receiver_connect(xsMachine *the)
{
	rtc_segment_connect(the, recordOf(the)->segment.source);
}

void xs_rtc_rtp_receiver_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, recordOf(the)->segment.source);
}

void xs_rtc_rtp_receiver_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	receiver_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_rtp_receiver_destructor(record);
}

// As `pictures` of xsResult, by way of xsVar(1).
static void setPictures(xsMachine *the, const rtc_rtp_pictures_statistics *counted)
{
	xsVar(1) = xsResult;
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_framesReceived, (double)counted->framesReceived);
	rtc_xs_set_number(the, xsID_keyFramesReceived, (double)counted->keyFramesReceived);
	rtc_xs_set_number(the, xsID_framesDropped, (double)counted->framesDropped);
	rtc_xs_set_number(the, xsID_framesLost, counted->losses);
	rtc_xs_set_number(the, xsID_nackCount, counted->nackCount);
	rtc_xs_set_number(the, xsID_pliCount, counted->pliCount);
	rtc_xs_set_number(the, xsID_firCount, counted->firCount);
	xsmcSet(xsVar(1), xsID_pictures, xsResult);
	xsResult = xsVar(1);
}

void xs_rtc_rtp_receiver_statistics(xsMachine *the)
{
	rtc_rtp_receiver_statistics counted;
	rtc_rtp_receiver_get_statistics(recordOf(the)->receiver, &counted);
	xsmcVars(2);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_ssrc, counted.ssrc);
	rtc_xs_set_number(the, xsID_payloadType, counted.payloadType);
	rtc_xs_set_number(the, xsID_packetsReceived, (double)counted.packetsReceived);
	rtc_xs_set_number(the, xsID_bytesReceived, (double)counted.bytesReceived);
	rtc_xs_set_number(the, xsID_headerBytesReceived, (double)counted.headerBytesReceived);
	rtc_xs_set_number(the, xsID_packetsDiscarded, (double)counted.packetsDiscarded);
	rtc_xs_set_number(the, xsID_packetsLost, counted.packetsLost);
	rtc_xs_set_number(the, xsID_jitter, counted.jitter);
	rtc_xs_set_number(the, xsID_silence, counted.received ? (double)(rtc_now() - counted.received) / 1000 : 0);
	rtc_xs_set_number(the, xsID_reportsSent, counted.reportsSent);
	rtc_xs_set_number(the, xsID_reportsReceived, counted.reportsReceived);
	rtc_xs_set_number(the, xsID_remotePackets, counted.remote.packets);
	rtc_xs_set_number(the, xsID_remoteBytes, counted.remote.octets);
	rtc_xs_set_number(the, xsID_remoteTime,
					  counted.reportsReceived ? ((double)counted.remote.ntp / 4294967296.0 - UNIX_EPOCH) * 1000 : 0);
	rtc_xs_set_number(the, xsID_retransmittedPacketsReceived, (double)counted.retransmittedPacketsReceived);
	rtc_xs_set_number(the, xsID_retransmittedBytesReceived, (double)counted.retransmittedBytesReceived);
	if (counted.isVideo)
		setPictures(the, &counted.pictures);
}
