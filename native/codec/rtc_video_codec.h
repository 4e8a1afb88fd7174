// SPDX-License-Identifier: Apache-2.0
// What the video encoder asks of a codec library: rtc_openh264.c, rtc_vpx_vp8.c and rtc_ffmpeg_h265.c on the desktop,
// rtc_esp_h264.c on ESP32.
#ifndef RTC_VIDEO_CODEC_H
#define RTC_VIDEO_CODEC_H

#include "rtc_frame.h"

typedef struct {
	uint16_t width, height;  // even, 16 at least
	uint32_t framerate;      // frames per second at most
	uint32_t bitrate;        // bit/s
	uint32_t maximumNalSize; // bytes of a NAL unit at most, for packetization-mode 0; 0: one slice a picture
	uint8_t layers;          // temporal ones: 1, or up to RTC_FRAME_LAYERS where the library can
	uint8_t quality;         // of JPEG, 1 to 100; 0: RTC_JPEG_QUALITY
} rtc_video_codec_options;

typedef struct rtc_video_codec rtc_video_codec;

// The stack that encoding needs on a device, in bytes.
#define RTC_VIDEO_CODEC_STACK (16 * 1024)

// How a codec's record says that it encodes pictures. All is called on one thread.
typedef struct rtc_video_class {
	// Returns NULL and sets `*error` to ENOTSUP for options that the library does not take, and ENOMEM for what may
	// succeed later; `*message` to a text for a person.
	rtc_video_codec *(*make)(const rtc_video_codec_options *options, int *error, const char **message);
	void (*destroy)(rtc_video_codec *codec);
	// Returns 0, or EIO when the library refuses.
	int (*setRate)(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate);
	// Encodes an I420 frame of the codec's size into one access unit at output->data, and sets its size, key and layer.
	// With `key` it can be decoded alone; of H.264 it is an IDR picture, and every IDR picture brings SPS and PPS.
	// Returns 0, ENOSPC when the access unit is larger than the output's capacity, EIO when the library fails; after an
	// error the codec must be made anew.
	int (*encode)(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output);
	uint8_t hasSlices; // it takes a maximumNalSize
	uint8_t isStill;   // every picture stands alone, and has the quality of the options, not a bitrate
} rtc_video_class;

extern const rtc_codec rtc_codec_h264;                // of the platform's library
extern const rtc_codec rtc_codec_vp8, rtc_codec_h265; // likewise, where it has one
// Likewise. It is carried by no RTP here, so rtc_codec_find does not know it; its frames are RTC_FORMAT_JPEG.
extern const rtc_codec rtc_codec_jpeg;
#define RTC_JPEG_QUALITY 75

#endif
