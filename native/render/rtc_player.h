// SPDX-License-Identifier: Apache-2.0
// What plays sound: packets of several streams are decoded and mixed on a thread of its own, 20 ms at a time, and given
// to a device, which sets the pace.
#ifndef RTC_PLAYER_H
#define RTC_PLAYER_H

#include "rtc_playout.h"

#define RTC_PLAYER_STREAMS 4
#define RTC_PLAYER_FRAMES_PER_SECOND 50

typedef struct {
	uint32_t sampleRate; // Hz, one that Opus gives
	uint8_t channels;    // 1 or 2
	const char *path;    // of the file or device, "" for the default device; read during the open only
} rtc_player_options;

// Why a device cannot begin or go on. `code` is one of WebRTCError's.
typedef struct {
	const char *code;
	char message[192];
} rtc_player_error;

int rtc_player_fail(rtc_player_error *error, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4))); // returns -1

// What sound goes to: the first member of a file, a loudspeaker … All but `destroy` run on the player's thread.
typedef struct rtc_player_device rtc_player_device;
struct rtc_player_device {
	// There is something to play. 0 or -1; may be NULL.
	int (*start)(rtc_player_device *device, rtc_player_error *error);
	// Takes 20 ms, interleaved. A device with a clock of its own waits until there is room. 0 or -1.
	int (*write)(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error);
	void (*stop)(rtc_player_device *device); // there is nothing more, or there was an error; may be NULL
	void (*destroy)(rtc_player_device *device);
	uint8_t hasClock; // `write` waits
	uint32_t delay;   // microseconds from `write` until it is heard; it may change
};

// NULL, and fills in the error.
typedef rtc_player_device *(*rtc_player_opener)(const rtc_player_options *options, rtc_player_error *error);
rtc_player_opener rtc_player_find(const char *kind); // the host's: "none", "file", "speaker"; NULL for another
rtc_player_device *rtc_player_none_open(const rtc_player_options *options, rtc_player_error *error);
rtc_player_device *rtc_player_wav_open(const rtc_player_options *options, rtc_player_error *error);
rtc_player_device *rtc_player_alsa_open(const rtc_player_options *options, rtc_player_error *error);
rtc_player_device *rtc_player_i2s_open(const rtc_player_options *options, rtc_player_error *error);

typedef struct {
	void (*failed)(void *context, const rtc_player_error *error); // on the player's thread, once: it plays no more
	void (*heard)(void *context);                                 // there is a new level; may be NULL
	void *context;
	uint32_t interval; // milliseconds between levels
} rtc_player_listener;

typedef struct {
	uint64_t frames;  // of 20 ms, that were given to the device
	uint64_t late;    // that came later than they should have
	uint64_t clipped; // samples that were too loud together
	uint8_t streams;  // that are played at present
	float level;      // root of the newest interval's mean square, 0 … 1
} rtc_player_statistics;

typedef struct rtc_player rtc_player;

// Takes the device over, even when it fails. NULL without memory or thread.
rtc_player *rtc_player_new(rtc_player_device *device, const rtc_player_options *options,
						   const rtc_player_listener *listener);
// Plays what a source of packets delivers, on the machine's thread. 0; EEXIST when it does so already, ENOSPC when
// there are too many on either side, ENOMEM.
int rtc_player_play(rtc_player *player, rtc_source *source);
// What it plays, as PCM, at the time at which it is given to the device: for an echo canceller.
rtc_source *rtc_player_heard(rtc_player *player);
int rtc_player_stop(rtc_player *player, rtc_source *source); // 0 or ENOENT
// 0 is silence, 1 is as it comes, at most 4.
void rtc_player_set_volume(rtc_player *player, float volume);
void rtc_player_get_statistics(rtc_player *player, rtc_player_statistics *statistics);
int rtc_player_get_stream_statistics(rtc_player *player, const rtc_source *source,
									 rtc_playout_statistics *statistics); // 0 or ENOENT
void rtc_player_close(rtc_player *player);

#endif
