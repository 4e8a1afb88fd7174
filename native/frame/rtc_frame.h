// SPDX-License-Identifier: Apache-2.0
// Media frames, and the two ends of every pipe between native segments: a source delivers frames to its sinks.
// TypeScript connects them; from then on frames flow on native threads.
#ifndef RTC_FRAME_H
#define RTC_FRAME_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "rtc_codec.h"

typedef enum {
	RTC_FORMAT_I420 = 1, // planes[0..2], strides[0..2]
	RTC_FORMAT_PCM,      // signed 16-bit, interleaved
	RTC_FORMAT_ENCODED,  // of `codec`: an access unit (of H.264: Annex B), or a packet of sound
	RTC_FORMAT_JPEG,     // one picture, a whole file
} rtc_format;

#define RTC_FRAME_LAYERS 3 // temporal ones, at most

typedef struct rtc_frame rtc_frame;
struct rtc_frame {
	atomic_uint refs;
	void (*release)(rtc_frame *frame); // called with the last reference: back to its pool, or freed
	void *owner;                       // the pool's
	uint8_t *data;
	uint32_t size;     // bytes at data
	uint32_t capacity; // bytes allocated at data
	uint32_t serial;   // of a pool's: another for each use, never 0
	uint64_t time;     // capture time of its first sample, rtc_now() microseconds
	rtc_format format;
	const rtc_codec *codec; // of encoded media
	uint8_t key;            // video: it can be decoded alone; of H.264: an IDR access unit, with its parameter sets
	uint8_t channels;       // audio
	uint8_t layer;          // video: no frame of a lower layer refers to it; 0 … RTC_FRAME_LAYERS - 1
	uint16_t width, height;
	uint32_t sampleRate;
	uint32_t samples;             // audio: per channel
	uint32_t sequence, timestamp; // of what was received: as RTP has them, the sequence number extended
	uint64_t sent;  // of what was received: when it was taken, by its sender's clock, microseconds; 0: not known
	uint64_t whole; // of pictures that were received: when all of it, and of those before it, had come; 0: not known
	uint8_t *planes[3];
	uint32_t strides[3];
};

rtc_frame *rtc_frame_retain(rtc_frame *frame);
void rtc_frame_release(rtc_frame *frame); // accepts NULL

// A bounded pool of frames, each with room for `capacity` bytes, allocated on first use and given back when the pool
// and its last frame are released. A frame's data lies at a multiple of 64 bytes; its other fields are zero.
typedef struct rtc_frame_pool rtc_frame_pool;
rtc_frame_pool *rtc_frame_pool_new(uint32_t count, uint32_t capacity);
// NULL with errno ENOBUFS when all are in use: drop, and count it; with ENOMEM when there is no memory for another.
rtc_frame *rtc_frame_pool_get(rtc_frame_pool *pool);
void rtc_frame_pool_close(rtc_frame_pool *pool); // accepts NULL

typedef struct rtc_source rtc_source;
typedef struct rtc_sink rtc_sink;
typedef struct rtc_sync rtc_sync; // rtc_sync.h

// The receiving end of a pipe; the first member of a segment that accepts frames.
struct rtc_sink {
	atomic_uint refs;
	void (*destroy)(rtc_sink *sink); // with the last reference
	// On the source's thread: it must not block, nor change the frame; retain the frame to keep it.
	void (*frame)(rtc_sink *sink, rtc_frame *frame);
	rtc_source *source; // what feeds it; guarded by `lock`
	atomic_uint wish;   // bit/s that it can take, 0: it does not say
	atomic_uint silent; // nothing is heard of who it is for: others come first
	pthread_mutex_t lock;
};

// The giving end of a pipe; the first member of a segment that makes frames (a segment that does both keeps a sink
// too).
#define RTC_SOURCE_SINKS 16
struct rtc_source {
	atomic_uint refs;
	void (*destroy)(rtc_source *source);
	void (*active)(rtc_source *source, int active); // its first sink came, or its last went; may be NULL
	void (*requestKeyFrame)(rtc_source *source);    // any thread; may be NULL
	void (*setBitrate)(rtc_source *source, uint32_t bitsPerSecond); // a sink wishes it: any thread; may be NULL
	atomic_uint limit;                                              // bit/s that it makes at most, 0: not known
	rtc_sync *sync; // of what was received: what its other streams are played with; the source's own, may be NULL
	pthread_mutex_t lock;
	uint8_t count;
	rtc_sink *sinks[RTC_SOURCE_SINKS];
};

void rtc_sink_init(rtc_sink *sink, void (*destroy)(rtc_sink *), void (*frame)(rtc_sink *, rtc_frame *));
rtc_sink *rtc_sink_retain(rtc_sink *sink);
void rtc_sink_release(rtc_sink *sink);

void rtc_source_init(rtc_source *source, void (*destroy)(rtc_source *));
rtc_source *rtc_source_retain(rtc_source *source);
void rtc_source_release(rtc_source *source);

// A connection holds a reference in each direction, so whoever closes an end disconnects it. Connections come and go on
// one thread, the machine's, which is where `active` is called; frames and feedback flow on any.

// Connects a sink. Returns 0, EEXIST when the sink already has a source, ENOSPC when the source is full.
int rtc_source_connect(rtc_source *source, rtc_sink *sink);
// Disconnects it; a frame that is being delivered may still reach the sink, none after it. ENOENT when not connected.
int rtc_source_disconnect(rtc_source *source, rtc_sink *sink);
int rtc_sink_is_connected(rtc_sink *sink);                        // to whatever
int rtc_sink_is_fed_by(rtc_sink *sink, const rtc_source *source); // by this one
// Disconnects a sink from whatever feeds it, or a source from all its sinks.
void rtc_sink_disconnect(rtc_sink *sink);
void rtc_source_disconnect_all(rtc_source *source);
// Gives a frame to each sink, without holding the lock during the calls.
void rtc_source_deliver(rtc_source *source, rtc_frame *frame);

// What the sinks of a source that wish for a bitrate come to; 0: none does. Silent ones count where there are no
// others.
typedef enum {
	RTC_WISH_SLOWEST, // what all of them can take
	RTC_WISH_MEDIAN,  // what half of them can take, at least
	RTC_WISH_FIXED,   // they are not asked
} rtc_wish_policy;
uint32_t rtc_source_wish(rtc_source *source, rtc_wish_policy policy); // any thread, without the source's lock

// Feedback, upstream from a sink: no effect without a source.
void rtc_sink_request_key_frame(rtc_sink *sink);
void rtc_sink_set_bitrate(rtc_sink *sink, uint32_t bitsPerSecond);

#endif
