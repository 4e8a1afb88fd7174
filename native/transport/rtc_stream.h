// SPDX-License-Identifier: Apache-2.0
// A TCP connection, plain or under a layer (native/tls). To a server, a thread of its own connects and shakes hands,
// and ends with that; from then on, and with a peer that has connected, whoever polls the descriptor reads and writes,
// and nothing waits.
#ifndef RTC_STREAM_H
#define RTC_STREAM_H

#include <sys/types.h>
#include "rtc_framer.h"
#include "rtc_transport.h"

#define RTC_STREAM_QUEUE (16 * 1024) // bytes that wait for the network; there once there was something to send
// Of it, for what the control plane has to say: an allocation that cannot be refreshed is lost, as is a peer's consent.
#define RTC_STREAM_SPARE (2 * RTC_STUN_SIZE)
#define RTC_STREAM_REASON 96

// What stands between the bytes and the socket. One thread at a time calls it.
typedef struct rtc_stream_layer rtc_stream_layer;
struct rtc_stream_layer {
	// A step of the handshake: 0 when it is done; EAGAIN, with what to poll for in *events (0: go on); or an errno
	// value.
	int (*shake)(rtc_stream_layer *layer, int fd, short *events);
	// As recv() and send(): 0 at the end, -1 with errno. Who is told EAGAIN by `write` comes again with the same bytes.
	ssize_t (*read)(rtc_stream_layer *layer, void *data, size_t size);
	ssize_t (*write)(rtc_stream_layer *layer, const void *data, size_t size);
	// Whether there are bytes to read that poll() does not tell of.
	int (*hasMore)(const rtc_stream_layer *layer);
	// Why it failed, in words, or NULL.
	const char *(*reason)(const rtc_stream_layer *layer);
	void (*free)(rtc_stream_layer *layer); // says good-bye, where there was a handshake, if that can be sent at once
};

typedef struct rtc_stream rtc_stream;

typedef struct {
	rtc_address server;
	rtc_stream_layer *layer; // the stream's from here on, whatever becomes of it; NULL: none
	uint32_t patience;       // milliseconds until it must be connected
	size_t queue;            // bytes that may wait for the network; 0: RTC_STREAM_QUEUE
	// Once, from the stream's thread: it is connected (error 0), or will never be. It may not close the stream.
	void (*onOpen)(void *context, int error, const char *reason);
	void *context;
} rtc_stream_options;

// Returns NULL and sets *error to an errno value.
rtc_stream *rtc_stream_start(const rtc_stream_options *options, int *error);
// One that is connected, without a layer. The descriptor is the stream's. NULL: no memory; it is closed all the same.
rtc_stream *rtc_stream_adopt(int fd);
// -1 before it is connected.
int rtc_stream_descriptor(rtc_stream *stream);
// What to poll for: POLLIN, and POLLOUT while there are bytes that wait.
short rtc_stream_events(rtc_stream *stream);
// All of it or nothing leaves, sooner or later, in this order; see rtc_stream_flush(). 0, ENOBUFS when fewer than
// `spare` bytes of the queue would be left, ENOTCONN, or another errno value.
int rtc_stream_put(rtc_stream *stream, const void *data, size_t size, size_t spare);
// Bytes that rtc_stream_put() would take now, 0 where there is no connection.
size_t rtc_stream_room(rtc_stream *stream);
// Sends what waits, as far as the network takes it. Returns whether something is left.
int rtc_stream_flush(rtc_stream *stream);
// As recv(): 0 at the end, -1 with errno. `*more`: there is more that poll() does not tell of.
ssize_t rtc_stream_read(rtc_stream *stream, void *data, size_t size, int *more);
// Reads what has come, and gives each message to `take`; a `frame` of NULL is one that was too large, or none. Returns
// what `take` did, by OR, and in *end why the stream has ended, in words, else NULL.
typedef int (*rtc_frame_taker)(void *context, uint8_t *frame, size_t size);
int rtc_stream_take(rtc_stream *stream, rtc_framer *framer, rtc_frame_taker take, void *context, const char **end);
// What the layer says of the last error, or what the error says: `reason` has RTC_STREAM_REASON bytes.
void rtc_stream_reason(rtc_stream *stream, int error, char *reason);
// onOpen does not run, nor will, when it returns. The thread may go on for a while, by itself.
void rtc_stream_close(rtc_stream *stream);

#endif
