// SPDX-License-Identifier: Apache-2.0
#include "rtc_nal.h"

#include <errno.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_rtp.h"

#define PAYLOAD_MINIMUM 16
#define FU_START 0x80
#define FU_END 0x40
#define LENGTH 2 // bytes before each unit of an aggregate

_Static_assert(sizeof(rtc_nal_packetizer) <= sizeof(rtc_payload_state), "there is room for the state");

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

static int isSent(const rtc_nal_format *format, uint8_t first)
{
	return (format->kinds[format->type(first)] & (RTC_NAL_KNOWN | RTC_NAL_IDLE)) == RTC_NAL_KNOWN;
}

// Makes the following NAL unit that is sent the next one.
static void readNal(rtc_nal_packetizer *packetizer)
{
	const uint8_t *start;
	while ((start = findStartCode(packetizer->position, packetizer->end)) != packetizer->end) {
		const uint8_t *nal = start + 3, *last;
		packetizer->position = last = findStartCode(nal, packetizer->end);
		while (last > nal && !last[-1]) // trailing zeros, and the first byte of a 4-byte start code
			last--;
		if (last - nal >= packetizer->format->headerSize && isSent(packetizer->format, *nal)) {
			packetizer->nal = nal;
			packetizer->nalSize = (size_t)(last - nal);
			return;
		}
	}
	packetizer->nalSize = 0;
}

static void rewindTo(rtc_nal_packetizer *packetizer, const uint8_t *data)
{
	packetizer->position = data;
	readNal(packetizer);
}

int rtc_nal_packetizer_init(rtc_nal_packetizer *packetizer, const rtc_nal_format *format, const uint8_t *data,
							size_t size, uint8_t mode, uint16_t maximum)
{
	memset(packetizer, 0, sizeof *packetizer);
	packetizer->format = format;
	packetizer->end = data + size;
	packetizer->mode = mode;
	packetizer->maximum = maximum;
	if (!size || maximum < PAYLOAD_MINIMUM)
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

// RFC 6184 section 5.8, RFC 7798 section 4.4.3. The fewest fragments, and those as equal as can be.
static void beginFragments(rtc_nal_packetizer *packetizer)
{
	const rtc_nal_format *format = packetizer->format;
	size_t left = packetizer->nalSize - format->headerSize, most = packetizer->maximum - format->headerSize - 1u;
	size_t count = (left + most - 1) / most;
	packetizer->fragment = packetizer->nal + format->headerSize;
	packetizer->fragmentLeft = left;
	packetizer->fragmentSize = (left + count - 1) / count;
	format->toFragment(packetizer->nal, packetizer->fragmentHead);
	packetizer->fragmentHead[format->headerSize] = FU_START | format->type(*packetizer->nal);
	readNal(packetizer);
}

static size_t writeFragment(rtc_nal_packetizer *packetizer, uint8_t *buffer)
{
	size_t size = packetizer->fragmentSize, head = packetizer->format->headerSize + 1u;
	if (size >= packetizer->fragmentLeft) {
		size = packetizer->fragmentLeft;
		packetizer->fragmentHead[head - 1] |= FU_END;
	}
	memcpy(buffer, packetizer->fragmentHead, sizeof packetizer->fragmentHead); // a byte too much where it is shorter
	memcpy(buffer + head, packetizer->fragment, size);
	packetizer->fragment += size;
	packetizer->fragmentLeft -= size;
	packetizer->fragmentHead[head - 1] &= packetizer->format->typeMask;
	return head + size;
}

static const uint8_t *takeNal(rtc_nal_packetizer *packetizer, size_t *size)
{
	const uint8_t *nal = packetizer->nal;
	*size = packetizer->nalSize;
	readNal(packetizer);
	return nal;
}

static int fits(const rtc_nal_packetizer *packetizer, size_t size)
{
	return packetizer->mode && packetizer->nalSize && size + LENGTH + packetizer->nalSize <= packetizer->maximum;
}

// RFC 6184 section 5.7.1, RFC 7798 section 4.4.2.
static size_t writeAggregate(rtc_nal_packetizer *packetizer, uint8_t *buffer, const uint8_t *nal, size_t nalSize)
{
	const rtc_nal_format *format = packetizer->format;
	size_t size = format->headerSize;
	format->aggregateFirst(nal, buffer);
	for (;;) {
		rtc_rtp_put16(buffer + size, (uint16_t)nalSize);
		memcpy(buffer + size + LENGTH, nal, nalSize);
		size += LENGTH + nalSize;
		if (!fits(packetizer, size))
			return size;
		nal = takeNal(packetizer, &nalSize);
		format->aggregateMore(nal, buffer);
	}
}

static size_t writeNals(rtc_nal_packetizer *packetizer, uint8_t *buffer)
{
	size_t size;
	const uint8_t *nal = takeNal(packetizer, &size);
	if (fits(packetizer, packetizer->format->headerSize + LENGTH + size))
		return writeAggregate(packetizer, buffer, nal, size);
	memcpy(buffer, nal, size);
	return size;
}

size_t rtc_nal_packetizer_next(rtc_nal_packetizer *packetizer, uint8_t *buffer, int *marker)
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
