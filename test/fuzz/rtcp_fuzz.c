// SPDX-License-Identifier: Apache-2.0
// RTP and RTCP from a network: every item that is read came from bytes that are there, and there are no more of them
// than those bytes can hold.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_rtp.h"
#include "rtc_rtp_feedback.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static void fuzzRtcp(const uint8_t *data, size_t size)
{
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	size_t items = 0;
	int result = rtc_rtcp_begin(&reader, data, size);
	while (result == 0 && rtc_rtcp_next(&reader, &item) > 0) {
		items++;
		CHECK(item.kind <= RTC_RTCP_UNKNOWN);
		CHECK(item.kind != RTC_RTCP_REPORT ||
			  (item.report.packetsLost >= -0x800000 && item.report.packetsLost < 0x800000));
	}
	CHECK(items * 4 <= size);
	CHECK(result == 0 ? reader.position == reader.end : !items);

	rtc_rtp_feedback feedback;
	rtc_rtp_feedback_init(&feedback, 90000);
	rtc_rtp_feedback_reported(&feedback, 0xb44db70520000000, 1000000);
	int wanted = 0;
	if (!rtc_rtcp_begin(&reader, data, size))
		while (rtc_rtcp_next(&reader, &item) > 0)
			if (item.kind != RTC_RTCP_UNKNOWN)
				wanted |= rtc_rtp_feedback_take(&feedback, &item, 12375000);
	const rtc_rtp_stream_statistics *statistics = &feedback.statistics;
	CHECK(!wanted || statistics->pliCount || statistics->firCount);
	CHECK(statistics->fractionLost >= 0 && statistics->fractionLost < 1 && statistics->jitter >= 0);
	CHECK(statistics->roundTripTime >= 0 && statistics->roundTripTime <= 11.375);
	CHECK(statistics->roundTripTimeMeasurements <= statistics->reportsReceived);
}

static volatile uint8_t seen; // so that the bytes are read

static void fuzzRtp(const uint8_t *data, size_t size)
{
	rtc_rtp_packet packet;
	if (rtc_rtp_parse(&packet, data, size))
		return;
	CHECK(packet.payload >= data + RTC_RTP_HEADER && packet.payload + packet.payloadSize <= data + size);
	uint8_t sum = 0;
	for (size_t i = 0; i < packet.payloadSize; i++)
		sum ^= packet.payload[i];
	for (uint8_t id = 1; id < 15; id++) {
		size_t length = 0;
		const uint8_t *value = rtc_rtp_find_extension(&packet, id, &length);
		CHECK(!value || (length >= 1 && length <= 16 && value + length <= packet.payload));
		for (size_t i = 0; value && i < length; i++)
			sum ^= value[i];
	}
	seen = sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzzRtcp(data, size);
	fuzzRtp(data, size);
	return 0;
}
