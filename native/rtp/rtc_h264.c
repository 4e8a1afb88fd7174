// SPDX-License-Identifier: Apache-2.0
#include "rtc_h264.h"

#include <errno.h>
#include <string.h>
#include "rtc_depacketizer.h"
#include "rtc_payload.h"
#include "rtc_rtp.h"

// NAL unit types of H.264 table 7-1, and those that RFC 6184 table 1 adds.
enum { TYPE_DELIMITER = 9, TYPE_FILLER = 12, TYPE_STAP_A = 24, TYPE_FU_A = 28 };

#define FORBIDDEN 0x80
#define NRI 0x60
#define TYPE 0x1f
#define FU_START 0x80
#define FU_END 0x40

// The next start code prefix (00 00 01), or `end`. memchr reads words or vectors where a loop would read bytes; its
// last byte is rarer than the zeros.
static const uint8_t *findStartCode(const uint8_t *position, const uint8_t *end)
{
	if (end - position < 3)
		return end;
	const uint8_t *at = position + 2, *one;
	while ((one = memchr(at, 1, (size_t)(end - at)))) {
		if (!one[-1] && !one[-2])
			return one - 2;
		at = one + 1;
	}
	return end;
}

static int isSent(uint8_t header)
{
	uint8_t type = header & TYPE;
	return type && type < TYPE_STAP_A && type != TYPE_DELIMITER && type != TYPE_FILLER;
}

// Makes the following NAL unit that is sent the next one.
static void readNal(rtc_h264_packetizer *packetizer)
{
	const uint8_t *start;
	while ((start = findStartCode(packetizer->position, packetizer->end)) != packetizer->end) {
		const uint8_t *nal = start + 3, *last;
		packetizer->position = last = findStartCode(nal, packetizer->end);
		while (last > nal && !last[-1]) // trailing zeros, and the first byte of a 4-byte start code
			last--;
		if (last > nal && isSent(*nal)) {
			packetizer->nal = nal;
			packetizer->nalSize = (size_t)(last - nal);
			return;
		}
	}
	packetizer->nalSize = 0;
}

static void rewindTo(rtc_h264_packetizer *packetizer, const uint8_t *data)
{
	packetizer->position = data;
	readNal(packetizer);
}

int rtc_h264_packetizer_init(rtc_h264_packetizer *packetizer, const uint8_t *data, size_t size, uint8_t mode,
							 uint16_t maximum)
{
	memset(packetizer, 0, sizeof *packetizer);
	packetizer->end = data + size;
	packetizer->mode = mode;
	packetizer->maximum = maximum;
	if (!size || maximum < RTC_H264_PAYLOAD_MINIMUM)
		return EINVAL;
	rewindTo(packetizer, data);
	if (!packetizer->nalSize)
		return EINVAL;
	if (mode)
		return 0;
	while (packetizer->nalSize) {
		if (packetizer->nalSize > maximum)
			return EMSGSIZE;
		readNal(packetizer);
	}
	rewindTo(packetizer, data);
	return 0;
}

// RFC 6184 section 5.8. The fewest fragments, and those as equal as can be.
static void beginFragments(rtc_h264_packetizer *packetizer)
{
	size_t left = packetizer->nalSize - 1, most = packetizer->maximum - 2;
	size_t count = (left + most - 1) / most;
	packetizer->fragment = packetizer->nal + 1;
	packetizer->fragmentLeft = left;
	packetizer->fragmentSize = (left + count - 1) / count;
	packetizer->fragmentIndicator = (uint8_t)((*packetizer->nal & (FORBIDDEN | NRI)) | TYPE_FU_A);
	packetizer->fragmentHeader = (uint8_t)(FU_START | (*packetizer->nal & TYPE));
	readNal(packetizer);
}

static size_t writeFragment(rtc_h264_packetizer *packetizer, uint8_t *buffer)
{
	size_t size = packetizer->fragmentSize;
	if (size >= packetizer->fragmentLeft) {
		size = packetizer->fragmentLeft;
		packetizer->fragmentHeader |= FU_END;
	}
	buffer[0] = packetizer->fragmentIndicator;
	buffer[1] = packetizer->fragmentHeader;
	memcpy(buffer + 2, packetizer->fragment, size);
	packetizer->fragment += size;
	packetizer->fragmentLeft -= size;
	packetizer->fragmentHeader &= TYPE;
	return 2 + size;
}

static const uint8_t *takeNal(rtc_h264_packetizer *packetizer, size_t *size)
{
	const uint8_t *nal = packetizer->nal;
	*size = packetizer->nalSize;
	readNal(packetizer);
	return nal;
}

static int fits(const rtc_h264_packetizer *packetizer, size_t size)
{
	return packetizer->mode && packetizer->nalSize && size + 2 + packetizer->nalSize <= packetizer->maximum;
}

// RFC 6184 section 5.7.1: F is set if any unit's is, NRI is the highest of all.
static size_t writeAggregate(rtc_h264_packetizer *packetizer, uint8_t *buffer, const uint8_t *nal, size_t nalSize)
{
	uint8_t forbidden = 0, importance = 0;
	size_t size = 1;
	for (;;) {
		forbidden |= *nal & FORBIDDEN;
		if ((*nal & NRI) > importance)
			importance = *nal & NRI;
		rtc_rtp_put16(buffer + size, (uint16_t)nalSize);
		memcpy(buffer + size + 2, nal, nalSize);
		size += 2 + nalSize;
		if (!fits(packetizer, size))
			break;
		nal = takeNal(packetizer, &nalSize);
	}
	buffer[0] = forbidden | importance | TYPE_STAP_A;
	return size;
}

static size_t writeNals(rtc_h264_packetizer *packetizer, uint8_t *buffer)
{
	size_t size;
	const uint8_t *nal = takeNal(packetizer, &size);
	if (fits(packetizer, 3 + size))
		return writeAggregate(packetizer, buffer, nal, size);
	memcpy(buffer, nal, size);
	return size;
}

size_t rtc_h264_packetizer_next(rtc_h264_packetizer *packetizer, uint8_t *buffer, int *marker)
{
	if (!packetizer->fragmentLeft && packetizer->nalSize > packetizer->maximum)
		beginFragments(packetizer);
	size_t size = 0;
	if (packetizer->fragmentLeft)
		size = writeFragment(packetizer, buffer);
	else if (packetizer->nalSize)
		size = writeNals(packetizer, buffer);
	*marker = !packetizer->nalSize && !packetizer->fragmentLeft;
	return size;
}

_Static_assert(sizeof(rtc_h264_packetizer) <= sizeof(rtc_payload_state), "there is room for the state");

static int begin(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	return rtc_h264_packetizer_init((rtc_h264_packetizer *)state, data, size, mode, maximum);
}

static size_t next(rtc_payload_state *state, uint8_t *buffer, int *last)
{
	return rtc_h264_packetizer_next((rtc_h264_packetizer *)state, buffer, last);
}

const rtc_payload_format rtc_payload_h264 = {
	.begin = begin, .next = next, .modes = 2, .depacketizer = &rtc_depacketizer_h264};
