// SPDX-License-Identifier: Apache-2.0
// Capture: a source of pictures, I420 or JPEG, or PCM. It has a thread, on which a device makes frames while there are
// sinks.
#ifndef RTC_CAPTURE_H
#define RTC_CAPTURE_H

#include "rtc_frame.h"

#define RTC_AUDIO_FRAMES_PER_SECOND 50 // PCM comes in frames of 20 ms

typedef struct {
	uint16_t width, height; // video, even; 0: the source's own (test card: 1280 × 720)
	uint32_t framerate;     // video, frames per second at most
	uint8_t quality;        // video: JPEG of that quality, 1 to 100; 0: I420
	uint32_t sampleRate;    // audio, Hz
	uint8_t channels;       // audio, 1 or 2
	uint8_t loop;           // files begin again at their end
	const char *path;       // of the file or device, "" for the default device; read during the open only
} rtc_capture_options;

// Why a source cannot begin or go on. `code` is one of WebRTCError's.
typedef struct {
	const char *code;
	char message[192];
} rtc_capture_error;

typedef enum {
	RTC_CAPTURE_OK,
	RTC_CAPTURE_ENDED,  // nothing more will come
	RTC_CAPTURE_FAILED, // nothing more will come, and the error says why
} rtc_capture_result;

// Fills in an error. Returns RTC_CAPTURE_FAILED.
rtc_capture_result rtc_capture_fail(rtc_capture_error *error, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

typedef struct rtc_capture rtc_capture;

// What makes frames: the first member of a test card, a file, a camera … All but `destroy` run on the capture's thread.
typedef struct rtc_capture_device rtc_capture_device;
struct rtc_capture_device {
	// Sinks came. May be NULL.
	rtc_capture_result (*start)(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error);
	// Waits until a frame is due, and makes it. `*frame` may stay NULL: it was dropped, or the capture is stopping.
	rtc_capture_result (*next)(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error);
	// The last sink went, or there was an error. May be NULL.
	void (*stop)(rtc_capture_device *device);
	void (*destroy)(rtc_capture_device *device);
};

// Opens a kind of device and finds out whether it can work. Returns NULL and fills in the error.
typedef rtc_capture_device *(*rtc_capture_opener)(const rtc_capture_options *options, rtc_capture_error *error);
// The host's kinds: "test", "file", "camera", "microphone". NULL for one that it has not.
rtc_capture_opener rtc_capture_video_opener(const char *kind);
rtc_capture_opener rtc_capture_audio_opener(const char *kind);
rtc_capture_device *rtc_test_card_open(const rtc_capture_options *options, rtc_capture_error *error);
rtc_capture_device *rtc_test_tone_open(const rtc_capture_options *options, rtc_capture_error *error);

typedef struct {
	uint64_t frames;
	uint64_t framesDropped; // no frame of the pool was free, or it came too late
	uint16_t width, height; // of the newest frame
	uint32_t sampleRate;
	uint8_t channels;
} rtc_capture_statistics;

// Called on the capture's thread, once: `error` is NULL when the source ended by itself.
typedef void (*rtc_capture_finished)(void *context, const rtc_capture_error *error);

// Takes the device over, even when it fails. Returns NULL without memory or thread.
rtc_capture *rtc_capture_new(rtc_capture_device *device, rtc_capture_finished finished, void *context);
rtc_source *rtc_capture_source(rtc_capture *capture);
void rtc_capture_get_statistics(rtc_capture *capture, rtc_capture_statistics *statistics);
// Disconnects its sinks, ends its thread, and gives the reference back.
void rtc_capture_close(rtc_capture *capture);

// For devices.
int rtc_capture_running(rtc_capture *capture);
// Sleeps until rtc_now() is `time`. Returns 0 when the capture stops before.
int rtc_capture_wait(rtc_capture *capture, uint64_t time);
void rtc_capture_dropped(rtc_capture *capture);
// The wall clock, in microseconds since 1970, when rtc_now() is `time`.
uint64_t rtc_capture_wall_clock(uint64_t time);
// Gives a frame of a pool the planes of an I420 picture; `capacity` was rtc_capture_picture_size.
uint32_t rtc_capture_picture_size(uint16_t width, uint16_t height);
void rtc_capture_picture(rtc_frame *frame, uint16_t width, uint16_t height);

#endif
