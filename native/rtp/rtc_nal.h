// SPDX-License-Identifier: Apache-2.0
// What the payload formats of H.264 (RFC 6184) and H.265 (RFC 7798) have in common: NAL units in Annex B form that are
// sent alone, several in a packet, or in fragments. What differs is in a table of each.
#ifndef RTC_NAL_H
#define RTC_NAL_H

#include <stddef.h>
#include <stdint.h>
#include "rtc_depacketizer.h"

// What a type of NAL unit is. Without RTC_NAL_KNOWN a payload may not bring it.
#define RTC_NAL_KNOWN 1
#define RTC_NAL_PICTURE 2 // of a picture
#define RTC_NAL_KEY 4     // of one that is decoded alone
#define RTC_NAL_BEGINS 8  // nothing of its frame is before it
#define RTC_NAL_IDLE 16   // need not be sent: delimiters, filler data
#define RTC_NAL_SET(number)                                                                                            \
	(RTC_NAL_KNOWN | ((number) + 1) << 5) // one of the sets of parameters that a key frame needs

#define RTC_NAL_HEADER 2 // bytes at most

typedef struct {
	uint8_t headerSize;             // bytes, of a NAL unit and of a payload
	uint8_t typeMask;               // of a fragment's header
	uint8_t aggregate, fragment;    // types that the payload format adds
	uint8_t sets;                   // kinds of parameter sets
	const uint8_t *kinds;           // by type, typeMask + 1 of them
	uint8_t (*type)(uint8_t first); // from a header's first byte
	// The header of payloads with fragments of a NAL unit, and the unit's from it and the type that they tell.
	void (*toFragment)(const uint8_t *nal, uint8_t *header);
	void (*fromFragment)(const uint8_t *payload, uint8_t type, uint8_t *header);
	// The header of a payload with several: of the first alone, then of one more.
	void (*aggregateFirst)(const uint8_t *nal, uint8_t *header);
	void (*aggregateMore)(const uint8_t *nal, uint8_t *header);
} rtc_nal_format;

// Walks one access unit; it points into the unit, and needs no clean-up.
typedef struct {
	const rtc_nal_format *format;
	const uint8_t *position, *end; // what has not been read
	const uint8_t *nal;            // the next NAL unit to send
	size_t nalSize;                // 0: none is left
	const uint8_t *fragment;       // the rest of a NAL unit that is being sent in fragments
	size_t fragmentLeft;
	size_t fragmentSize;
	uint8_t fragmentHead[RTC_NAL_HEADER + 1];
	uint8_t mode;
	uint16_t maximum;
} rtc_nal_packetizer;

// `mode` 0: each NAL unit in a packet of its own; `maximum` the most bytes of a payload, 16 at least. 0, EINVAL when
// the unit has nothing to send, EMSGSIZE when mode 0 meets a NAL unit that is larger than a payload.
int rtc_nal_packetizer_init(rtc_nal_packetizer *packetizer, const rtc_nal_format *format, const uint8_t *data,
							size_t size, uint8_t mode, uint16_t maximum);
// Writes the next payload at `buffer`, which has room for `maximum` bytes. Returns its size, 0 after the last; `marker`
// tells the last payload of the access unit.
size_t rtc_nal_packetizer_next(rtc_nal_packetizer *packetizer, uint8_t *buffer, int *marker);

// As rtc_depacketizer has them.
int rtc_nal_begins_key(const rtc_nal_format *format, const uint8_t *payload, size_t size);
int rtc_nal_append(const rtc_nal_format *format, rtc_unit *unit, const uint8_t *payload, size_t size);
int rtc_nal_end(const rtc_nal_format *format, rtc_unit *unit);

#endif
