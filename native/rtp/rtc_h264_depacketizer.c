// SPDX-License-Identifier: Apache-2.0
// RFC 6184 payloads to H.264 access units in Annex B form: single NAL units, STAP-A, FU-A.
#include "rtc_depacketizer.h"

#include <errno.h>
#include <string.h>
#include "rtc_rtp.h"

// NAL unit types of H.264 table 7-1, and those that RFC 6184 table 1 adds.
enum { TYPE_SLICE = 1, TYPE_IDR = 5, TYPE_SPS = 7, TYPE_PPS = 8, TYPE_DELIMITER = 9, TYPE_STAP_A = 24, TYPE_FU_A = 28 };

#define HIGH 0xe0 // F and NRI
#define TYPE 0x1f
#define FU_START 0x80
#define FU_END 0x40
#define FIRST_MACROBLOCK 0x80 // of a slice's header: first_mb_in_slice is 0, which is the bit 1 (H.264 section 7.3.3)
#define START_CODE 4
enum { FOUND_SPS = 1, FOUND_PPS = 2, FOUND_ALL = 3 };

void rtc_unit_begin(rtc_unit *unit, uint8_t *data, uint32_t capacity)
{
	unit->data = data;
	unit->size = 0;
	unit->capacity = capacity;
	unit->isOpen = unit->hasPicture = unit->isKey = unit->found = 0;
}

static int beginsKeyUnit(uint8_t type, const uint8_t *rest, size_t size)
{
	if (type == TYPE_SPS || type == TYPE_DELIMITER)
		return RTC_BEGINS;
	return type == TYPE_IDR && size && *rest & FIRST_MACROBLOCK ? RTC_MAY_BEGIN : 0;
}

static int beginsKey(const uint8_t *payload, size_t size)
{
	uint8_t type = size ? payload[0] & TYPE : 0;
	if (type == TYPE_STAP_A)
		return size > 4 ? beginsKeyUnit(payload[3] & TYPE, payload + 4, size - 4) : 0;
	if (type == TYPE_FU_A)
		return size > 2 && payload[1] & FU_START ? beginsKeyUnit(payload[1] & TYPE, payload + 2, size - 2) : 0;
	return size > 1 ? beginsKeyUnit(type, payload + 1, size - 1) : 0;
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

static int beginUnit(rtc_unit *unit, uint8_t header)
{
	static const uint8_t startCode[START_CODE] = {0, 0, 0, 1};
	uint8_t type = header & TYPE;
	if (!type || type >= TYPE_STAP_A)
		return EBADMSG;
	if (noRoom(unit, START_CODE + 1))
		return EMSGSIZE;
	add(unit, startCode, START_CODE);
	add(unit, &header, 1);
	unit->hasPicture |= type >= TYPE_SLICE && type <= TYPE_IDR;
	unit->isKey |= type == TYPE_IDR;
	if (type == TYPE_SPS || type == TYPE_PPS)
		unit->found |= type == TYPE_SPS ? FOUND_SPS : FOUND_PPS;
	return 0;
}

// Those that come in fragments are too large to be kept.
static void keepParameters(rtc_unit *unit, const uint8_t *nal, size_t size)
{
	uint8_t type = nal[0] & TYPE;
	if ((type != TYPE_SPS && type != TYPE_PPS) || size > RTC_UNIT_PARAMETERS)
		return;
	memcpy(unit->parameters[type - TYPE_SPS].data, nal, size);
	unit->parameters[type - TYPE_SPS].size = (uint16_t)size;
}

static int appendNal(rtc_unit *unit, const uint8_t *nal, size_t size)
{
	int error = unit->isOpen || !size ? EBADMSG : beginUnit(unit, nal[0]);
	if (!error)
		error = noRoom(unit, size - 1);
	if (error)
		return error;
	add(unit, nal + 1, size - 1);
	keepParameters(unit, nal, size);
	return 0;
}

// RFC 6184 section 5.7.1.
static int appendAggregate(rtc_unit *unit, const uint8_t *data, size_t size)
{
	if (!size)
		return EBADMSG;
	while (size) {
		size_t length = size > 2 ? rtc_rtp_get16(data) : 0;
		int error = length && length <= size - 2 ? appendNal(unit, data + 2, length) : EBADMSG;
		if (error)
			return error;
		data += 2 + length;
		size -= 2 + length;
	}
	return 0;
}

// RFC 6184 section 5.8. That none is missing between two is known by their numbers.
static int appendFragment(rtc_unit *unit, const uint8_t *payload, size_t size)
{
	if (size < 3 || !(payload[1] & FU_START) == !unit->isOpen)
		return EBADMSG;
	int error = payload[1] & FU_START ? beginUnit(unit, (uint8_t)((payload[0] & HIGH) | (payload[1] & TYPE))) : 0;
	if (!error)
		error = noRoom(unit, size - 2);
	if (error)
		return error;
	add(unit, payload + 2, size - 2);
	unit->isOpen = !(payload[1] & FU_END);
	return 0;
}

static int append(rtc_unit *unit, const uint8_t *payload, size_t size)
{
	switch (size ? payload[0] & TYPE : 0) {
	case TYPE_STAP_A:
		return appendAggregate(unit, payload + 1, size - 1);
	case TYPE_FU_A:
		return appendFragment(unit, payload, size);
	default:
		return appendNal(unit, payload, size);
	}
}

// An IDR picture whose parameters came before it, with another timestamp, or only once, gets them again: who begins
// with it has not seen them.
static int addParameters(rtc_unit *unit)
{
	size_t sps = unit->parameters[0].size, pps = unit->parameters[1].size;
	size_t size = sps + pps + 2 * START_CODE;
	if (!sps || !pps)
		return EBADMSG;
	if (noRoom(unit, size))
		return EMSGSIZE;
	memmove(unit->data + size, unit->data, unit->size);
	memcpy(unit->data, "\0\0\0\1", START_CODE);
	memcpy(unit->data + START_CODE, unit->parameters[0].data, sps);
	memcpy(unit->data + START_CODE + sps, "\0\0\0\1", START_CODE);
	memcpy(unit->data + START_CODE + sps + START_CODE, unit->parameters[1].data, pps);
	unit->size += (uint32_t)size;
	return 0;
}

static int end(rtc_unit *unit)
{
	if (unit->isOpen)
		return EBADMSG;
	return unit->isKey && unit->found != FOUND_ALL ? addParameters(unit) : 0;
}

const rtc_depacketizer rtc_depacketizer_h264 = {.beginsKey = beginsKey, .append = append, .end = end};
