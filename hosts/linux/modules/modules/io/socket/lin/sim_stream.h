// SPDX-License-Identifier: Apache-2.0
// A connected byte stream with the interface of ECMA-419's TCP: what TCP and TLS sockets have in common. The connection
// is a GIOStream with pollable ends, so the same code carries plain and encrypted bytes.
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "sim_io.h"

// Bytes of each direction's buffer: the send buffer and window of lwIP in ESP-IDF (4 segments of 1,436).
#define SIM_STREAM_SIZE 5744

typedef struct {
	size_t start, count;
	uint8_t bytes[SIM_STREAM_SIZE];
} sim_queue;

typedef struct sim_stream {
	int references;
	// The JavaScript side. `the` is NULL while no object with callbacks holds the stream.
	xsMachine *the;
	xsSlot object;
	xsSlot *onReadable, *onWritable, *onError;
	bool numbers; // format "number": single bytes
	// The connection. `io` is NULL until bytes may flow.
	GSocket *socket;
	GIOStream *io;
	GCancellable *cancel;
	void (*opened)(struct sim_stream *stream); // what follows the TCP connection; NULL: bytes flow at once
	void *secure;                              // what `opened` needs
	void (*freeSecure)(void *secure);
	// The main loop's sources.
	GSource *wake, *input, *output, *connecting, *linger;
	// What is to be told.
	bool readable, writable, ended, endTold;
	char *error; // why it ended; NULL when the peer closed it, or only its half: what is written still leaves
	sim_queue in, out;
} sim_stream;

static inline size_t sim_queue_room(const sim_queue *queue)
{
	return SIM_STREAM_SIZE - queue->count;
}

// The free end of the queue, in one piece.
static inline uint8_t *sim_queue_tail(sim_queue *queue)
{
	if (queue->start) {
		memmove(queue->bytes, queue->bytes + queue->start, queue->count);
		queue->start = 0;
	}
	return queue->bytes + queue->count;
}

static inline void sim_queue_drop(sim_queue *queue, size_t count)
{
	queue->start += count;
	queue->count -= count;
	if (!queue->count)
		queue->start = 0;
}

extern const xsHostHooks sim_stream_hooks;

sim_stream *sim_stream_new(void);
sim_stream *sim_stream_hold(sim_stream *stream);
void sim_stream_release(sim_stream *stream);
// The object is gone: releases its reference. Bytes that it wrote still leave, as they do from a device's network
// stack.
void sim_stream_abandon(sim_stream *stream);
// There may be bytes to move or events to tell, once the caller is done.
void sim_stream_wake(sim_stream *stream);

// In a constructor: reads the callbacks, `format` and `target` of xsArg(0), makes `this` the stream's object and roots
// it until it is closed. Takes the caller's reference; releases it when an option is wrong (and throws).
void sim_stream_attach(xsMachine *the, sim_stream *stream);
// Makes `slot` an object that only carries the stream to the constructor option `from`. Takes the reference.
void sim_stream_park(xsMachine *the, xsSlot *slot, sim_stream *stream);
// Takes the stream out of an object, which is closed from then on. Gives the reference.
sim_stream *sim_stream_take(xsMachine *the, xsSlot *slot);

// Starts connecting to the options `address` and `port` of xsArg(0). Throws when these are wrong or no socket can be
// had; all other errors arrive at onError.
void sim_stream_connect(xsMachine *the, sim_stream *stream);
// The connection is ready for bytes. Takes the reference to `io`.
void sim_stream_begin(sim_stream *stream, GIOStream *io);
// The connection failed: onError follows once the bytes that came before are read. `message` is copied.
void sim_stream_fail(sim_stream *stream, const char *message);

#endif
