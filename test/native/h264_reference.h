// SPDX-License-Identifier: Apache-2.0
// What the packetizer is held against: a plain reader of Annex B, and a depacketizer of RFC 6184 that accepts nothing
// irregular. Both give NAL units as Annex B with 4-byte start codes.
#ifndef H264_REFERENCE_H
#define H264_REFERENCE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	uint8_t *data;
	size_t size, capacity;
	size_t units;
	int open; // a fragmented NAL unit is not complete
} reference_output;

static inline int referenceAppend(reference_output *output, const uint8_t *data, size_t size)
{
	if (output->capacity - output->size < size)
		return -1;
	memcpy(output->data + output->size, data, size);
	output->size += size;
	return 0;
}

static inline int referenceUnit(reference_output *output, const uint8_t *nal, size_t size)
{
	static const uint8_t startCode[4] = {0, 0, 0, 1};
	output->units++;
	return referenceAppend(output, startCode, 4) || referenceAppend(output, nal, size) ? -1 : 0;
}

static inline int referenceIsCode(const uint8_t *data, size_t size, size_t at)
{
	return size - at >= 3 && !data[at] && !data[at + 1] && data[at + 2] == 1;
}

// Byte for byte, and without the units that are not sent.
static inline int referenceRead(reference_output *output, const uint8_t *data, size_t size)
{
	size_t at = 0;
	while (at < size && !referenceIsCode(data, size, at))
		at++;
	while (at < size) {
		size_t begin = at + 3, end = begin;
		while (end < size && !referenceIsCode(data, size, end))
			end++;
		at = end;
		while (end > begin && !data[end - 1])
			end--;
		uint8_t type = end > begin ? data[begin] & 0x1f : 0;
		if (type && type != 9 && type != 12 && type < 24 && referenceUnit(output, data + begin, end - begin))
			return -1;
	}
	return 0;
}

static inline int referenceAggregate(reference_output *output, const uint8_t *payload, size_t size)
{
	uint8_t forbidden = 0, importance = 0;
	size_t count = 0;
	for (size_t at = 1; at < size; count++) {
		if (size - at < 3)
			return -1;
		size_t length = (size_t)(payload[at] << 8 | payload[at + 1]);
		at += 2;
		if (!length || size - at < length || referenceUnit(output, payload + at, length))
			return -1;
		forbidden |= payload[at] & 0x80;
		importance = (payload[at] & 0x60) > importance ? payload[at] & 0x60 : importance;
		at += length;
	}
	return count >= 2 && payload[0] == (forbidden | importance | 24) ? 0 : -1;
}

static inline int referenceFragment(reference_output *output, const uint8_t *payload, size_t size)
{
	int start = payload[1] >> 7, end = payload[1] >> 6 & 1;
	uint8_t header = (uint8_t)((payload[0] & 0xe0) | (payload[1] & 0x1f));
	if (size < 3 || (payload[1] & 0x20) || (start && end) || start == output->open)
		return -1;
	output->open = !end;
	if (start && referenceUnit(output, &header, 1))
		return -1;
	return referenceAppend(output, payload + 2, size - 2);
}

// Takes one payload; -1 when it is not as RFC 6184 wants it.
static inline int referenceDepacketize(reference_output *output, const uint8_t *payload, size_t size)
{
	if (!size)
		return -1;
	uint8_t type = payload[0] & 0x1f;
	if (type == 28)
		return size < 2 ? -1 : referenceFragment(output, payload, size);
	if (output->open)
		return -1;
	return type == 24 ? referenceAggregate(output, payload, size) : referenceUnit(output, payload, size);
}

#endif
