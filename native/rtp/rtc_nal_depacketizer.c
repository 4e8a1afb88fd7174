// SPDX-License-Identifier: Apache-2.0
// Payloads to access units in Annex B form: NAL units alone, several in a packet, fragments.
#include "rtc_nal.h"

#include <errno.h>
#include <string.h>
#include "rtc_rtp.h"

#define FU_START 0x80
#define FU_END 0x40
#define LENGTH 2
#define START_CODE 4
// The first bit of a slice's header: of H.264 first_mb_in_slice is 0 (section 7.3.3), of H.265 it is
// first_slice_segment_in_pic_flag (section 7.3.6.1).
#define FIRST_SLICE 0x80

static const uint8_t startCode[START_CODE] = {0, 0, 0, 1};

// Of a set's kind its number, -1: it is none.
static int setOf(uint8_t kind)
{
	return (kind >> 5) - 1;
}

static int beginsKeyUnit(uint8_t kind, const uint8_t *rest, size_t size)
{
	if (kind & RTC_NAL_BEGINS)
		return RTC_BEGINS;
	return kind & RTC_NAL_KEY && size && *rest & FIRST_SLICE ? RTC_MAY_BEGIN : 0;
}

int rtc_nal_begins_key(const rtc_nal_format *format, const uint8_t *payload, size_t size)
{
	size_t head = format->headerSize;
	uint8_t type = size > head ? format->type(*payload) : 0;
	if (size <= head)
		return 0;
	if (type == format->fragment)
		return payload[head] & FU_START && size > head + 1
				   ? beginsKeyUnit(format->kinds[payload[head] & format->typeMask], payload + head + 1, size - head - 1)
				   : 0;
	if (type == format->aggregate) {
		payload += head + LENGTH; // the first of them
		if (size <= 2 * head + LENGTH)
			return 0;
		size -= head + LENGTH;
	}
	return beginsKeyUnit(format->kinds[format->type(*payload)], payload + head, size - head);
}

static int noRoom(const rtc_unit *unit, size_t size)
{
	return size <= unit->capacity - unit->size ? 0 : EMSGSIZE;
}

static void add(rtc_unit *unit, const uint8_t *data, size_t size)
{
	memcpy(unit->data + unit->size, data, size);
	unit->size += (uint32_t)size;
}

static int beginUnit(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *header)
{
	uint8_t kind = format->kinds[format->type(*header)];
	if (!(kind & RTC_NAL_KNOWN))
		return EBADMSG;
	if (noRoom(unit, START_CODE + format->headerSize))
		return EMSGSIZE;
	add(unit, startCode, START_CODE);
	add(unit, header, format->headerSize);
	unit->hasPicture |= (kind & RTC_NAL_PICTURE) != 0;
	unit->isKey |= (kind & RTC_NAL_KEY) != 0;
	if (setOf(kind) >= 0)
		unit->found |= (uint8_t)(1u << setOf(kind));
	return 0;
}

// Those that come in fragments are too large to be kept.
static void keepParameters(rtc_unit *unit, int set, const uint8_t *nal, size_t size)
{
	if (set < 0 || size > RTC_UNIT_PARAMETERS)
		return;
	memcpy(unit->parameters[set].data, nal, size);
	unit->parameters[set].size = (uint16_t)size;
}

static int appendNal(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *nal, size_t size)
{
	size_t head = format->headerSize;
	int error = unit->isOpen || size < head ? EBADMSG : beginUnit(format, unit, nal);
	if (!error)
		error = noRoom(unit, size - head);
	if (error)
		return error;
	add(unit, nal + head, size - head);
	keepParameters(unit, setOf(format->kinds[format->type(*nal)]), nal, size);
	return 0;
}

// RFC 6184 section 5.7.1, RFC 7798 section 4.4.2.
static int appendAggregate(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *data, size_t size)
{
	if (!size)
		return EBADMSG;
	while (size) {
		size_t length = size > LENGTH ? rtc_rtp_get16(data) : 0;
		int error = length && length <= size - LENGTH ? appendNal(format, unit, data + LENGTH, length) : EBADMSG;
		if (error)
			return error;
		data += LENGTH + length;
		size -= LENGTH + length;
	}
	return 0;
}

// RFC 6184 section 5.8, RFC 7798 section 4.4.3. That none is missing between two is known by their numbers.
static int appendFragment(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *payload, size_t size)
{
	size_t head = format->headerSize;
	uint8_t header[RTC_NAL_HEADER];
	int error = 0;
	if (size < head + 2 || !(payload[head] & FU_START) == !unit->isOpen)
		return EBADMSG;
	if (payload[head] & FU_START) {
		format->fromFragment(payload, payload[head] & format->typeMask, header);
		error = beginUnit(format, unit, header);
	}
	if (!error)
		error = noRoom(unit, size - head - 1);
	if (error)
		return error;
	add(unit, payload + head + 1, size - head - 1);
	unit->isOpen = !(payload[head] & FU_END);
	return 0;
}

int rtc_nal_append(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *payload, size_t size)
{
	size_t head = format->headerSize;
	if (size < head)
		return EBADMSG;
	uint8_t type = format->type(*payload);
	if (type == format->aggregate)
		return appendAggregate(format, unit, payload + head, size - head);
	if (type == format->fragment)
		return appendFragment(format, unit, payload, size);
	return appendNal(format, unit, payload, size);
}

// A key frame whose parameters came before it, with another timestamp, or only once, gets them again: who begins with
// it has not seen them.
static int addParameters(const rtc_nal_format *format, rtc_unit *unit)
{
	size_t size = 0;
	for (int i = 0; i < format->sets; i++) {
		if (!unit->parameters[i].size)
			return EBADMSG;
		size += START_CODE + unit->parameters[i].size;
	}
	if (noRoom(unit, size))
		return EMSGSIZE;
	memmove(unit->data + size, unit->data, unit->size);
	uint8_t *end = unit->data;
	for (int i = 0; i < format->sets; i++) {
		memcpy(end, startCode, START_CODE);
		memcpy(end + START_CODE, unit->parameters[i].data, unit->parameters[i].size);
		end += START_CODE + unit->parameters[i].size;
	}
	unit->size += (uint32_t)size;
	return 0;
}

int rtc_nal_end(const rtc_nal_format *format, rtc_unit *unit)
{
	if (unit->isOpen)
		return EBADMSG;
	return unit->isKey && unit->found != (1u << format->sets) - 1 ? addParameters(format, unit) : 0;
}
