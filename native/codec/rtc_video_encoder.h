// SPDX-License-Identifier: Apache-2.0
// Video encoder: a sink of I420 frames, a source of access units. One encode serves all its sinks.
#ifndef RTC_VIDEO_ENCODER_H
#define RTC_VIDEO_ENCODER_H

#include "rtc_frame.h"
#include "rtc_video_quality.h"

#define RTC_VIDEO_MINIMUM_BITRATE 30000u // bit/s; below it no picture is worth having
#define RTC_VIDEO_MAXIMUM_BITRATE 50000000u

typedef struct {
	const rtc_codec *codec; // one that encodes pictures
	uint32_t framerate;     // frames per second at most, for the rate control; of JPEG others are left out
	uint32_t bitrate;       // bit/s, the upper limit of what sinks ask for
	rtc_wish_policy policy; // whose wishes count below it
	rtc_video_preference preference;
	uint8_t quality;           // of JPEG, 1 to 100; 0: RTC_JPEG_QUALITY
	uint32_t keyFrameInterval; // seconds between key frames that nobody asked for; 0: none
	// Called on the encoder's thread: ENOTSUP when a picture size cannot be encoded, once for each size; ENOMEM when it
	// lacks memory, once until it has it. Pictures are dropped meanwhile, and it tries again (rtc_retry.h). May be
	// NULL.
	void (*failed)(void *context, int error, const char *message);
	// Likewise: pictures have another size or rate from now on. May be NULL.
	void (*changed)(void *context, uint16_t width, uint16_t height, uint32_t framerate);
	void *context;
} rtc_video_encoder_options;

// What all sinks can take.
typedef struct {
	uint8_t level;           // level_idc (H.264, Table A-1); 0: any
	uint32_t maximumNalSize; // bytes, for packetization-mode 0 (RFC 6184 section 6.2); 0: any
} rtc_video_encoder_limits;

typedef struct {
	uint64_t framesEncoded, keyFramesEncoded;
	uint64_t framesDropped; // came while it was busy, or could not be encoded
	uint64_t framesSpared;  // of those that came, for want of bits, or because they are more than a sink can take
	uint64_t bytes;
	uint64_t encodeTime; // microseconds spent in the codec
	uint32_t targetBitrate;
	uint16_t width, height; // of the newest frame, 0 before the first
	uint32_t framerate;     // a second at most, now
} rtc_video_encoder_statistics;

typedef struct rtc_video_encoder rtc_video_encoder;
// Returns NULL and sets `*error` to an errno value.
rtc_video_encoder *rtc_video_encoder_new(const rtc_video_encoder_options *options, int *error);
rtc_sink *rtc_video_encoder_sink(rtc_video_encoder *encoder);
rtc_source *rtc_video_encoder_source(rtc_video_encoder *encoder);
// From any thread. Key frames are at least 300 ms apart; requests in between become one, and none is lost.
void rtc_video_encoder_request_key_frame(rtc_video_encoder *encoder);
// The upper limit; within it the sinks' own wishes (rtc_sink_set_bitrate) count. From any thread.
void rtc_video_encoder_set_bitrate(rtc_video_encoder *encoder, uint32_t bitsPerSecond);
uint32_t rtc_video_encoder_get_bitrate(rtc_video_encoder *encoder);
// From any thread; from the next frame on.
void rtc_video_encoder_set_limits(rtc_video_encoder *encoder, const rtc_video_encoder_limits *limits);
void rtc_video_encoder_get_statistics(rtc_video_encoder *encoder, rtc_video_encoder_statistics *statistics);
// Disconnects it on both sides, ends its thread, and gives the reference back.
void rtc_video_encoder_close(rtc_video_encoder *encoder);

#endif
