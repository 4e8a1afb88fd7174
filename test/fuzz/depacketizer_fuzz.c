// SPDX-License-Identifier: Apache-2.0
// The payload format FORMAT of pictures, both ways. An input is a byte that says which: frames that are cut come out as
// they went in, however small the packets; payloads of any bytes, each behind a byte with its length and whether a
// frame ends with it, never make a frame that is larger than its room, or a key frame of what does not begin as one.
#include <stdlib.h>
#include <string.h>
#include "rtc_depacketizer.h"
#include "rtc_payload.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)
#define ROOM 2048
#define LARGEST (2 * 4096 + 8) // a start code of three bytes becomes one of four

static rtc_unit unit; // what is kept of earlier frames goes on

// A payload in memory of its own size, for the sanitizer.
static int append(const uint8_t *data, size_t size)
{
	uint8_t *payload = malloc(size);
	CHECK(payload || !size);
	if (size)
		memcpy(payload, data, size);
	(void)FORMAT.depacketizer->beginsKey(payload, size);
	int error = FORMAT.depacketizer->append(&unit, payload, size);
	free(payload);
	return error;
}

static void receive(const uint8_t *data, size_t size)
{
	uint8_t *room = malloc(ROOM);
	CHECK(room);
	rtc_unit_begin(&unit, room, ROOM);
	int error = 0;
	while (size) {
		uint8_t head = *data++;
		size_t length = head & 0x7f;
		size--;
		length = length < size ? length : size;
		error |= append(data, length);
		CHECK(unit.size <= ROOM);
		data += length;
		size -= length;
		if (!(head & 0x80))
			continue;
		error |= FORMAT.depacketizer->end(&unit);
		CHECK(unit.size <= ROOM && (error || !unit.isKey || unit.hasPicture));
		rtc_unit_begin(&unit, room, ROOM);
		error = 0;
	}
	free(room);
}

static void carry(const uint8_t *data, size_t size, uint16_t most)
{
	static uint8_t room[2][LARGEST];
	rtc_payload_state state;
	size_t before = 0;
	// What comes out goes in again: then it is as it was.
	for (int round = 0; round < 2; round++) {
		int last = 0, error = 0;
		memset(&unit, 0, sizeof unit);
		if (FORMAT.begin(&state, data, size, FORMAT.modes - 1, most))
			return;
		rtc_unit_begin(&unit, room[round], LARGEST);
		while (!last) {
			uint8_t *payload = malloc(most);
			CHECK(payload);
			size_t length = FORMAT.next(&state, payload, &last);
			CHECK(length && length <= most);
			error |= append(payload, length);
			free(payload);
		}
		CHECK(!error);
		if (FORMAT.depacketizer->end(&unit)) // a key frame that lacks something
			return;
		CHECK(!round || (unit.size == before && !memcmp(room[0], room[1], before)));
		before = unit.size;
		data = room[0];
		size = before;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	memset(&unit, 0, sizeof unit);
	if (data[0] & 1)
		carry(data + 1, size - 1, (uint16_t)(16 + (data[0] >> 1) * 9));
	else
		receive(data + 1, size - 1);
	return 0;
}
