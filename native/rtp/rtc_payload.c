// SPDX-License-Identifier: Apache-2.0
#include "rtc_payload.h"

#include <errno.h>
#include <string.h>

typedef struct {
	const uint8_t *data;
	size_t size; // 0: taken
} whole;

_Static_assert(sizeof(whole) <= sizeof(rtc_payload_state), "there is room for the state");

static int begin(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	(void)mode;
	*(whole *)state = (whole){data, size};
	if (!size)
		return EINVAL;
	return size > maximum ? EMSGSIZE : 0;
}

static size_t next(rtc_payload_state *state, uint8_t *buffer, int *last)
{
	whole *frame = (whole *)state;
	size_t size = frame->size;
	memcpy(buffer, frame->data, size);
	frame->size = 0;
	*last = 1;
	return size;
}

const rtc_payload_format rtc_payload_whole = {.begin = begin, .next = next, .modes = 1};
