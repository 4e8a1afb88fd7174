// SPDX-License-Identifier: Apache-2.0
// H.264 access units in Annex B form to RTP payloads (RFC 6184): single NAL units, STAP-A and FU-A.
#ifndef RTC_H264_H
#define RTC_H264_H

#include "rtc_nal.h"

#define RTC_H264_PAYLOAD_MINIMUM 16

// `mode` is the packetization-mode, 0 or 1 (RFC 6184 section 6.2); `maximum` the most bytes of a payload, at least
// RTC_H264_PAYLOAD_MINIMUM. Returns 0, EINVAL when the unit has nothing to send, or EMSGSIZE when mode 0 meets a NAL
// unit that is larger than a payload: such an encoder must be told the size of its slices. Payloads are written by
// rtc_nal_packetizer_next.
//
// Access unit delimiters and filler data are left out, and so are NAL unit types that RFC 6184 gives other meanings.
// Fragments of a NAL unit are of one size, but for the last, so that the kernel can cut them out of one buffer.
int rtc_h264_packetizer_init(rtc_nal_packetizer *packetizer, const uint8_t *data, size_t size, uint8_t mode,
							 uint16_t maximum);

#endif
