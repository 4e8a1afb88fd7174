// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_rtp_sender.h"
#include "rtc_rtp_session_xs.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	rtc_segment segment; // first, for connect()
	rtc_rtp_sender *sender;
	xsSlot object;
} rtc_rtp_record;

static const xsHostHooks hooks = {xs_rtc_rtp_sender_destructor, NULL, NULL};

void xs_rtc_rtp_sender_destructor(void *data)
{
	rtc_rtp_record *record = data;
	if (!record)
		return;
	if (record->sender)
		rtc_rtp_sender_close(record->sender);
	free(record);
}

static const rtc_codec *codecOption(xsMachine *the)
{
	char name[RTC_CODEC_NAME];
	rtc_xs_string(the, &xsArg(0), xsID_codec, "codec", name, sizeof name, 1);
	const rtc_codec *codec = rtc_codec_find(name);
	if (!codec)
		xsRangeError("codec: there is no %s", name);
	return codec;
}

static int requiredOption(xsMachine *the, xsIdentifier id, const char *name, int minimum, int maximum)
{
	int value = rtc_xs_integer(the, &xsArg(0), id, name, minimum, maximum, -1);
	if (value < 0)
		xsTypeError("%s: missing", name);
	return value;
}

// With those, packets could not be told from RTCP (RFC 5761 section 4).
static uint8_t payloadTypeOption(xsMachine *the, xsIdentifier id, const char *name)
{
	int value = requiredOption(the, id, name, 0, 127);
	if (value >= 64 && value <= 95)
		xsRangeError("%s: 64 to 95 are RTCP's", name);
	return (uint8_t)value;
}

static uint8_t idOption(xsMachine *the, xsIdentifier id, const char *name)
{
	return (uint8_t)rtc_xs_integer(the, &xsArg(0), id, name, 1, 14, 0);
}

// 0 where it is absent and not required.
static uint32_t ssrcOption(xsMachine *the, xsIdentifier id, const char *name, int required)
{
	xsmcGet(xsVar(0), xsArg(0), id);
	xsType type = xsmcTypeOf(xsVar(0));
	if (!required && type == xsUndefinedType)
		return 0;
	if (type != xsIntegerType && type != xsNumberType)
		xsTypeError("%s: not a number", name);
	double value = xsmcToNumber(xsVar(0));
	if (!(value >= 1 && value <= UINT32_MAX) || value != (double)(uint32_t)value)
		xsRangeError("%s: not an integer from 1 to 4294967295", name);
	return (uint32_t)value;
}

static void readOptions(xsMachine *the, rtc_rtp_stream_options *options)
{
	options->codec = codecOption(the);
	options->payloadType = payloadTypeOption(the, xsID_payloadType, "payloadType");
	options->ssrc = ssrcOption(the, xsID_ssrc, "ssrc", 1);
	rtc_xs_string(the, &xsArg(0), xsID_cname, "cname", options->cname, sizeof options->cname, 1);
	options->packetizationMode =
		(uint8_t)rtc_xs_integer(the, &xsArg(0), xsID_packetizationMode, "packetizationMode", 0, 1, 0);
	rtc_rtp_extension_ids *ids = &options->ids;
	ids->mid = idOption(the, xsID_midId, "midId");
	ids->transportSequence = idOption(the, xsID_transportSequenceId, "transportSequenceId");
	ids->sendTime = idOption(the, xsID_sendTimeId, "sendTimeId");
	ids->playoutDelay = idOption(the, xsID_playoutDelayId, "playoutDelayId");
	ids->captureTime = idOption(the, xsID_captureTimeId, "captureTimeId");
	rtc_xs_string(the, &xsArg(0), xsID_mid, "mid", options->mid, sizeof options->mid, ids->mid != 0);
	options->rtxSsrc = ssrcOption(the, xsID_rtxSsrc, "rtxSsrc", 0);
	if (options->rtxSsrc)
		options->rtxPayloadType = payloadTypeOption(the, xsID_rtxPayloadType, "rtxPayloadType");
	options->maximumPacketSize =
		(uint16_t)rtc_xs_integer(the, &xsArg(0), xsID_maximumPacketSize, "maximumPacketSize", RTC_RTP_PACKET_MINIMUM,
								 RTC_RTP_PACKET_MAXIMUM, RTC_RTP_PACKET_MAXIMUM);
}

void xs_rtc_rtp_sender(xsMachine *the)
{
	rtc_rtp_stream_options options = {0};
	int error;
	xsmcVars(1);
	readOptions(the, &options);
	xsmcGet(xsVar(0), xsArg(0), xsID_session);
	rtc_rtp_session *session = rtc_rtp_session_from_xs(the, &xsVar(0));
	rtc_rtp_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	record->sender = rtc_rtp_sender_new(&options, session, &error);
	if (!record->sender) {
		free(record);
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
		return;
	}
	record->segment.sink = rtc_rtp_sender_sink(record->sender);
	xsmcSetHostData(xsThis, record);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_rtp_sender_change(xsMachine *the)
{
	rtc_rtp_record *record = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	rtc_rtp_stream_options options = {0};
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	xsmcVars(1);
	readOptions(the, &options);
	if (rtc_rtp_sender_change(record->sender, &options))
		xsRangeError("ssrc: not the one of before");
}

void xs_rtc_rtp_sender_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	rtc_rtp_record *record = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_rtp_sender_destructor(record);
}

void xs_rtc_rtp_sender_statistics(xsMachine *the)
{
	rtc_rtp_record *record = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	rtc_rtp_stream_statistics statistics;
	rtc_rtp_sender_get_statistics(record->sender, &statistics);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsSent, (double)statistics.packetsSent);
	rtc_xs_set_number(the, xsID_bytesSent, (double)statistics.bytesSent);
	rtc_xs_set_number(the, xsID_headerBytesSent, (double)statistics.headerBytesSent);
	rtc_xs_set_number(the, xsID_framesSent, (double)statistics.framesSent);
	rtc_xs_set_number(the, xsID_keyFramesSent, (double)statistics.keyFramesSent);
	rtc_xs_set_number(the, xsID_framesDropped, (double)statistics.framesDropped);
	rtc_xs_set_number(the, xsID_pliCount, statistics.pliCount);
	rtc_xs_set_number(the, xsID_firCount, statistics.firCount);
	rtc_xs_set_number(the, xsID_nackCount, statistics.nackCount);
	rtc_xs_set_number(the, xsID_reportsReceived, statistics.reportsReceived);
	rtc_xs_set_number(the, xsID_packetsLost, statistics.packetsLost);
	rtc_xs_set_number(the, xsID_fractionLost, statistics.fractionLost);
	rtc_xs_set_number(the, xsID_jitter, statistics.jitter);
	rtc_xs_set_number(the, xsID_roundTripTime, statistics.roundTripTime);
	rtc_xs_set_number(the, xsID_totalRoundTripTime, statistics.totalRoundTripTime);
	rtc_xs_set_number(the, xsID_roundTripTimeMeasurements, statistics.roundTripTimeMeasurements);
	rtc_xs_set_number(the, xsID_retransmittedPacketsSent, (double)statistics.retransmittedPacketsSent);
	rtc_xs_set_number(the, xsID_retransmittedBytesSent, (double)statistics.retransmittedBytesSent);
	rtc_xs_set_number(the, xsID_congested, (double)statistics.congested);
	if (statistics.firstFrame)
		rtc_xs_set_number(the, xsID_firstFrameAge, (double)(rtc_now() - statistics.firstFrame) / 1e6);
}
