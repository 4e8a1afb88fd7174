// SPDX-License-Identifier: Apache-2.0
// STUN messages as a test needs them: right in shape, without integrity, which the filter does not look at.
#ifndef STUN_MESSAGES_H
#define STUN_MESSAGES_H

#include <string.h>
#include <stdint.h>

enum { STUN_REQUEST = 0x0001, STUN_INDICATION = 0x0011, STUN_SUCCESS = 0x0101, STUN_ERROR = 0x0111 };

static inline void stun_put16(uint8_t *data, unsigned value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

// A message with transaction id `id` and, unless NULL, a USERNAME behind a PRIORITY. Returns its size (at most 300).
static inline size_t stun_message(uint8_t *data, unsigned type, uint32_t id, const char *username)
{
	static const uint8_t priority[8] = {0x00, 0x24, 0x00, 0x04, 1, 2, 3, 4};
	size_t size = 20;
	memset(data, 0, 300);
	stun_put16(data, type);
	memcpy(data + 4, "\x21\x12\xa4\x42", 4);
	memcpy(data + 16, &id, 4);
	memcpy(data + size, priority, sizeof priority);
	size += sizeof priority;
	if (username) {
		size_t length = strlen(username);
		stun_put16(data + size, 0x0006);
		stun_put16(data + size + 2, (unsigned)length);
		memcpy(data + size + 4, username, length);
		size += 4 + ((length + 3) & ~(size_t)3);
	}
	stun_put16(data + 2, (unsigned)(size - 20));
	return size;
}

#endif
