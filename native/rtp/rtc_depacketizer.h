// SPDX-License-Identifier: Apache-2.0
// How RTP payloads of pictures become frames again: the other side of rtc_payload.h. A codec's payload format names its
// own.
#ifndef RTC_DEPACKETIZER_H
#define RTC_DEPACKETIZER_H

#include <stddef.h>
#include <stdint.h>

#define RTC_UNIT_PARAMETERS 256 // bytes of each set of parameters that is kept

// One frame while it is put together, and what later ones of the stream need of earlier ones.
typedef struct {
	uint8_t *data;
	uint32_t size, capacity;
	uint8_t isOpen;     // a unit of the codec was begun in one packet, and goes on in the next
	uint8_t hasPicture; // it is more than parameters
	uint8_t isKey;
	uint8_t found; // which sets of parameters came with it
	struct {
		uint16_t size;
		uint8_t data[RTC_UNIT_PARAMETERS];
	} parameters[3]; // the newest of the stream: they may come once, or apart
} rtc_unit;

// A frame begins in data of `capacity` bytes; the stream goes on.
static inline void rtc_unit_begin(rtc_unit *unit, uint8_t *data, uint32_t capacity)
{
	unit->data = data;
	unit->size = 0;
	unit->capacity = capacity;
	unit->isOpen = unit->hasPicture = unit->isKey = unit->found = 0;
}

enum { RTC_MAY_BEGIN = 1, RTC_BEGINS };

typedef struct rtc_depacketizer {
	// Whether a payload can be the first of a frame that is decoded without others: RTC_MAY_BEGIN where something may
	// be before it in that frame, RTC_BEGINS where nothing that matters is; or 0.
	int (*beginsKey)(const uint8_t *payload, size_t size);
	// Appends what a payload brings. 0; EBADMSG for what is no payload of the format, or does not follow on the one
	// before; EMSGSIZE where there is no room.
	int (*append)(rtc_unit *unit, const uint8_t *payload, size_t size);
	// It was the last payload. 0, and sets what the frame is; errors as above.
	int (*end)(rtc_unit *unit);
} rtc_depacketizer;

extern const rtc_depacketizer rtc_depacketizer_h264; // RFC 6184: single NAL units, STAP-A, FU-A; gives Annex B
extern const rtc_depacketizer rtc_depacketizer_h265; // RFC 7798, likewise
extern const rtc_depacketizer rtc_depacketizer_vp8;  // RFC 7741

#endif
