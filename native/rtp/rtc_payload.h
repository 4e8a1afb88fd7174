// SPDX-License-Identifier: Apache-2.0
// How frames of a codec become RTP payloads. A codec's record names its format (rtc_codec.h).
#ifndef RTC_PAYLOAD_H
#define RTC_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

// Room for the state of any format while it cuts one frame, which it points into.
typedef struct {
	_Alignas(max_align_t) uint8_t bytes[128];
} rtc_payload_state;

typedef struct rtc_payload_format {
	// Begins with a frame. `mode` is the packetization-mode of formats that have one (RFC 6184 section 6.2), else 0;
	// `maximum` the most bytes of a payload. Returns 0, EINVAL when the frame has nothing to send, EMSGSIZE when it
	// does not fit.
	int (*begin)(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum);
	// Writes the next payload at `buffer`, which has room for `maximum` bytes. Returns its size, 0 after the last;
	// `last` tells the last of the frame.
	size_t (*next)(rtc_payload_state *state, uint8_t *buffer, int *last);
	uint8_t modes; // how many modes there are
	// The way back, of formats whose frames come in several packets; NULL: a payload is a frame.
	const struct rtc_depacketizer *depacketizer;
} rtc_payload_format;

extern const rtc_payload_format rtc_payload_whole; // one packet is one frame: sound (RFC 7587 section 4.2, RFC 3551)
extern const rtc_payload_format rtc_payload_h264;  // RFC 6184
extern const rtc_payload_format rtc_payload_h265;  // RFC 7798
extern const rtc_payload_format rtc_payload_vp8;   // RFC 7741

#endif
