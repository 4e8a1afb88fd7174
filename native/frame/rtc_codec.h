// SPDX-License-Identifier: Apache-2.0
// What there is to know of one codec, in one record: how it is named, carried by RTP, and encoded. Each is defined in
// the file of native/codec that encodes it; rtc_codecs.c lists them. A frame of encoded media points to its codec's.
#ifndef RTC_CODEC_H
#define RTC_CODEC_H

#include <stddef.h>
#include <stdint.h>

struct rtc_payload_format; // native/rtp/rtc_payload.h
struct rtc_video_class;    // native/codec/rtc_video_codec.h
struct rtc_audio_class;    // native/codec/rtc_audio_codec.h

typedef struct rtc_codec rtc_codec;
struct rtc_codec {
	const char *name;   // the registered media subtype: "H264", "opus"
	uint8_t isVideo;    // pictures, of which some are key frames
	uint32_t clockRate; // of RTP, Hz
	const struct rtc_payload_format *payload;
	const struct rtc_video_class *video; // one of these; NULL where it is only sent on
	const struct rtc_audio_class *audio;
};

#define RTC_CODEC_NAME 16 // room for a name

// Those of this build, ended by NULL.
extern const rtc_codec *const rtc_codecs[];
// Names are those of `rtc_codecs`, as they are written there. NULL for any other.
const rtc_codec *rtc_codec_find(const char *name);

#endif
