// SPDX-License-Identifier: Apache-2.0
// H.265 access units in Annex B form to RTP payloads and back (RFC 7798): NAL units alone, aggregates, fragments; of
// one layer, in decoding order (sprop-max-don-diff 0). What is H.265's own of NAL units (H.265 table 7-1) and of
// payloads.
#include "rtc_nal.h"
#include "rtc_payload.h"

enum { TYPE_AP = 48, TYPE_FU = 49 };

#define FORBIDDEN 0x80
#define TYPE 0x3f // six bits, below F
#define LAYER_HIGH 0x01
#define TID 0x07 // of the second byte, above which are the other bits of the layer

static const uint8_t kinds[TYPE + 1] = {
	[0 ... 15] = RTC_NAL_KNOWN | RTC_NAL_PICTURE,
	[16 ... 21] = RTC_NAL_KNOWN | RTC_NAL_PICTURE | RTC_NAL_KEY, // BLA, IDR, CRA
	[22 ... 31] = RTC_NAL_KNOWN | RTC_NAL_PICTURE,
	[32] = RTC_NAL_SET(0) | RTC_NAL_BEGINS, // VPS
	[33] = RTC_NAL_SET(1),                  // SPS
	[34] = RTC_NAL_SET(2),                  // PPS
	[35] = RTC_NAL_KNOWN | RTC_NAL_BEGINS | RTC_NAL_IDLE,
	[36 ... 37] = RTC_NAL_KNOWN,
	[38] = RTC_NAL_KNOWN | RTC_NAL_IDLE, // filler data
	[39 ... 47] = RTC_NAL_KNOWN,
};

static uint8_t typeOf(uint8_t first)
{
	return first >> 1 & TYPE;
}

static void withType(const uint8_t *from, uint8_t type, uint8_t *header)
{
	header[0] = (uint8_t)((from[0] & (FORBIDDEN | LAYER_HIGH)) | type << 1);
	header[1] = from[1];
}

static void toFragment(const uint8_t *nal, uint8_t *header)
{
	withType(nal, TYPE_FU, header);
}

static void fromFragment(const uint8_t *payload, uint8_t type, uint8_t *header)
{
	withType(payload, type, header);
}

// RFC 7798 section 4.4.2: F is set if any unit's is, layer and TID are the lowest of all.
static void aggregateFirst(const uint8_t *nal, uint8_t *header)
{
	withType(nal, TYPE_AP, header);
}

static unsigned layerOf(const uint8_t *header)
{
	return (header[0] & LAYER_HIGH) << 5 | header[1] >> 3;
}

static void aggregateMore(const uint8_t *nal, uint8_t *header)
{
	uint8_t tid = (nal[1] & TID) < (header[1] & TID) ? nal[1] & TID : header[1] & TID;
	const uint8_t *lower = layerOf(nal) < layerOf(header) ? nal : header;
	uint8_t high = lower[0] & LAYER_HIGH, low = lower[1] & ~TID;
	header[0] = (uint8_t)((header[0] & ~LAYER_HIGH) | high | (nal[0] & FORBIDDEN));
	header[1] = low | tid;
}

static const rtc_nal_format format = {
	.headerSize = 2,
	.typeMask = TYPE,
	.aggregate = TYPE_AP,
	.fragment = TYPE_FU,
	.sets = 3,
	.kinds = kinds,
	.type = typeOf,
	.toFragment = toFragment,
	.fromFragment = fromFragment,
	.aggregateFirst = aggregateFirst,
	.aggregateMore = aggregateMore,
};

static int begin(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	(void)mode; // there is one, which has all
	return rtc_nal_packetizer_init((rtc_nal_packetizer *)state, &format, data, size, 1, maximum);
}

static size_t next(rtc_payload_state *state, uint8_t *buffer, int *last)
{
	return rtc_nal_packetizer_next((rtc_nal_packetizer *)state, buffer, last);
}

static int beginsKey(const uint8_t *payload, size_t size)
{
	return rtc_nal_begins_key(&format, payload, size);
}

static int append(rtc_unit *unit, const uint8_t *payload, size_t size)
{
	return rtc_nal_append(&format, unit, payload, size);
}

static int end(rtc_unit *unit)
{
	return rtc_nal_end(&format, unit);
}

const rtc_depacketizer rtc_depacketizer_h265 = {.beginsKey = beginsKey, .append = append, .end = end};
const rtc_payload_format rtc_payload_h265 = {
	.begin = begin, .next = next, .modes = 1, .depacketizer = &rtc_depacketizer_h265};
