// SPDX-License-Identifier: Apache-2.0
// H.264 access units in Annex B form to RTP payloads (RFC 6184): single NAL units, STAP-A and FU-A.
#ifndef RTC_H264_H
#define RTC_H264_H

#include <stddef.h>
#include <stdint.h>

// Walks one access unit; it points into the unit, and needs no clean-up.
typedef struct {
	const uint8_t *position, *end; // what has not been read
	const uint8_t *nal;            // the next NAL unit to send
	size_t nalSize;                // 0: none is left
	const uint8_t *fragment;       // the rest of a NAL unit that is being sent as FU-A
	size_t fragmentLeft;
	size_t fragmentSize;
	uint8_t fragmentIndicator, fragmentHeader;
	uint8_t mode;
	uint16_t maximum;
} rtc_h264_packetizer;

#define RTC_H264_PAYLOAD_MINIMUM 16

// `mode` is the packetization-mode, 0 or 1 (RFC 6184 section 6.2); `maximum` the most bytes of a payload, at least
// RTC_H264_PAYLOAD_MINIMUM. Returns 0, EINVAL when the unit has nothing to send, or EMSGSIZE when mode 0 meets a NAL
// unit that is larger than a payload: such an encoder must be told the size of its slices.
int rtc_h264_packetizer_init(rtc_h264_packetizer *packetizer, const uint8_t *data, size_t size, uint8_t mode,
							 uint16_t maximum);

// Writes the next payload at `buffer`, which has room for `maximum` bytes. Returns its size, 0 after the last; `marker`
// tells the last payload of the access unit (RFC 6184 section 5.1).
//
// Access unit delimiters and filler data are left out, and so are NAL unit types that RFC 6184 gives other meanings.
// Fragments of a NAL unit are of one size, but for the last, so that the kernel can cut them out of one buffer.
size_t rtc_h264_packetizer_next(rtc_h264_packetizer *packetizer, uint8_t *buffer, int *marker);

#endif
