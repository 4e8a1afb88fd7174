// SPDX-License-Identifier: Apache-2.0
// What shows pictures: frames of a stream are decoded on a thread of its own, and given to a device: a file, or
// nothing. Of several streams the first that is there is shown.
#ifndef RTC_SCREEN_H
#define RTC_SCREEN_H

#include "rtc_player.h"

#define RTC_SCREEN_STREAMS 4

// Where pictures go: the first member of a file, a window … All but `destroy` run on the screen's thread.
typedef struct rtc_screen_device rtc_screen_device;
struct rtc_screen_device {
	// An access unit, the first of a stream a key frame, and the picture that it is, NULL where there is none. 0 or -1.
	int (*show)(rtc_screen_device *device, const rtc_frame *unit, const rtc_frame *picture, rtc_player_error *error);
	void (*destroy)(rtc_screen_device *device);
};

// NULL, and fills in the error.
typedef rtc_screen_device *(*rtc_screen_opener)(const char *path, rtc_player_error *error);
rtc_screen_opener rtc_screen_find(const char *kind); // the host's: "none", "file", "window"; NULL for another
rtc_screen_device *rtc_screen_none_open(const char *path, rtc_player_error *error);
rtc_screen_device *rtc_screen_mp4_open(const char *path, rtc_player_error *error);
rtc_screen_device *rtc_screen_sdl_open(const char *path, rtc_player_error *error);

typedef struct {
	uint64_t framesDecoded, keyFramesDecoded;
	uint64_t framesDropped; // too many at once, damaged, or without a key frame before them
	uint64_t decodeTime;    // microseconds, in sum
	uint16_t width, height; // of the newest picture
} rtc_screen_statistics;

typedef struct rtc_screen rtc_screen;

// Takes the device over, even when it fails. `failed` is called on the screen's thread, once: it shows no more. NULL
// without memory or thread.
rtc_screen *rtc_screen_new(rtc_screen_device *device, void (*failed)(void *context, const rtc_player_error *error),
						   void *context);
// As rtc_player_play and its like, on the machine's thread.
int rtc_screen_play(rtc_screen *screen, rtc_source *source);
int rtc_screen_stop(rtc_screen *screen, rtc_source *source);
// What it shows, as I420, at the time at which it is shown: a tap. Pictures are copied for it only while it has sinks.
rtc_source *rtc_screen_seen(rtc_screen *screen);
int rtc_screen_get_statistics(rtc_screen *screen, const rtc_source *source, rtc_screen_statistics *statistics);
void rtc_screen_close(rtc_screen *screen);

#endif
