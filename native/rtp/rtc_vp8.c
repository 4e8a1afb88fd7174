// SPDX-License-Identifier: Apache-2.0
// VP8 frames to RTP payloads and back (RFC 7741). What is sent has the shortest descriptor: frames follow one another
// by their packets' numbers.
#include <errno.h>
#include <string.h>
#include "rtc_depacketizer.h"
#include "rtc_payload.h"

#define EXTENDED 0x80
#define START 0x10 // of a partition
#define PARTITION 0x07
#define HAS_PICTURE_ID 0x80
#define HAS_TL0 0x40
#define HAS_TID 0x20
#define HAS_KEY 0x10
#define LONG_ID 0x80
#define INTER 0x01          // of a frame's first byte: no key frame (RFC 6386 section 9.1)
#define KEY_FRAME_HEADER 10 // bytes

typedef struct {
	const uint8_t *data;
	size_t left, each; // bytes that have not been sent, and of a payload
	uint8_t begun;
} packetizer;

_Static_assert(sizeof(packetizer) <= sizeof(rtc_payload_state), "there is room for the state");

// The fewest packets, as equal as can be.
static int begin(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	(void)mode;
	packetizer *it = (packetizer *)state;
	if (!size || maximum < 2)
		return EINVAL;
	size_t most = maximum - 1u, count = (size + most - 1) / most;
	*it = (packetizer){.data = data, .left = size, .each = (size + count - 1) / count};
	return 0;
}

static size_t next(rtc_payload_state *state, uint8_t *buffer, int *last)
{
	packetizer *it = (packetizer *)state;
	size_t size = it->left < it->each ? it->left : it->each;
	*last = size == it->left;
	if (!size)
		return 0;
	buffer[0] = it->begun ? 0 : START;
	memcpy(buffer + 1, it->data, size);
	it->begun = 1;
	it->data += size;
	it->left -= size;
	return 1 + size;
}

// The size of a payload's descriptor (section 4.2); 0: it is none, or nothing is behind it.
static size_t descriptorSize(const uint8_t *payload, size_t size)
{
	size_t at = 1;
	if (size < 2)
		return 0;
	if (payload[0] & EXTENDED) {
		uint8_t has = payload[at++];
		if (has & HAS_PICTURE_ID) {
			if (at >= size)
				return 0;
			at += payload[at] & LONG_ID ? 2 : 1;
		}
		at += (has & HAS_TL0) != 0;
		at += (has & (HAS_TID | HAS_KEY)) != 0;
	}
	return at < size ? at : 0;
}

static int isStart(const uint8_t *payload)
{
	return payload[0] & START && !(payload[0] & PARTITION);
}

static int beginsKey(const uint8_t *payload, size_t size)
{
	size_t head = descriptorSize(payload, size);
	return head && isStart(payload) && !(payload[head] & INTER) ? RTC_BEGINS : 0;
}

static int append(rtc_unit *unit, const uint8_t *payload, size_t size)
{
	size_t head = descriptorSize(payload, size);
	if (!head || !isStart(payload) != (unit->size > 0))
		return EBADMSG;
	size -= head;
	if (size > unit->capacity - unit->size)
		return EMSGSIZE;
	if (!unit->size)
		unit->isKey = !(payload[head] & INTER);
	memcpy(unit->data + unit->size, payload + head, size);
	unit->size += (uint32_t)size;
	unit->hasPicture = 1;
	return 0;
}

static int end(rtc_unit *unit)
{
	static const uint8_t code[] = {0x9d, 0x01, 0x2a};
	if (!unit->isKey)
		return 0;
	return unit->size < KEY_FRAME_HEADER || memcmp(unit->data + 3, code, sizeof code) ? EBADMSG : 0;
}

const rtc_depacketizer rtc_depacketizer_vp8 = {.beginsKey = beginsKey, .append = append, .end = end};
const rtc_payload_format rtc_payload_vp8 = {
	.begin = begin, .next = next, .modes = 1, .depacketizer = &rtc_depacketizer_vp8};
