// SPDX-License-Identifier: Apache-2.0
// A relay's leg over TCP or TLS (RFC 8656 section 12.5).
#include "rtc_relay_core.h"

#include <errno.h>
#include <string.h>

#define TURN (64 * 1024) // bytes of one stream before others have their turn
// Of the stream's queue, for what the control plane has to say: an allocation that cannot be refreshed is lost.
#define SPARE (2 * RTC_STUN_SIZE)

static void tellEnd(rtc_relay *relay, const char *reason)
{
	if (!atomic_exchange(&relay->ended, 1) && relay->options.onError)
		(*relay->options.onError)(relay->options.context, reason);
}

// From the stream's thread.
static void onOpen(void *context, int error, const char *reason)
{
	rtc_relay *relay = context;
	if (error)
		tellEnd(relay, reason);
	else {
		rtc_wake_signal(&relay->transport->wake); // it is to be read from now on
		if (relay->options.onOpen)
			(*relay->options.onOpen)(relay->options.context);
	}
}

int rtc_relay_start(rtc_relay *relay)
{
	const rtc_relay_options *options = &relay->options;
	rtc_stream_options stream = {
		.server = options->server,
		.layer = options->layer,
		.patience = options->patience,
		.onOpen = onOpen,
		.context = relay,
	};
	int error = ENOMEM;
	relay->framer = rtc_calloc(1, sizeof *relay->framer);
	if (!relay->framer && stream.layer)
		(*stream.layer->free)(stream.layer);
	relay->stream = relay->framer ? rtc_stream_start(&stream, &error) : NULL;
	return relay->stream ? 0 : error;
}

int rtc_relay_descriptor(rtc_relay *relay, short *events)
{
	if (!relay->stream)
		return relay->fd;
	int fd = atomic_load(&relay->ended) ? -1 : rtc_stream_descriptor(relay->stream);
	if (fd >= 0)
		*events = rtc_stream_events(relay->stream);
	return fd;
}

uint32_t rtc_relay_put(rtc_relay *relay, rtc_transmit *transmit, uint32_t count)
{
	uint32_t sent = 0;
	while (sent < count &&
		   !rtc_stream_put(relay->stream, rtc_transmit_start(transmit, sent), transmit->sizes[sent], SPARE))
		sent++;
	if (rtc_stream_flush(relay->stream))
		rtc_wake_signal(&relay->transport->wake);
	rtc_count(&relay->sendErrors, count - sent);
	return sent;
}

// Returns whether the control plane has something to read, and in *broken that nothing that follows can be understood.
static int takeFrames(rtc_relay *relay, int *broken)
{
	uint8_t *frame;
	size_t size;
	int news = 0;
	for (;;) {
		switch (rtc_framer_next(relay->framer, &frame, &size)) {
		case RTC_FRAME_WHOLE:
			rtc_count(&relay->transport->packetsReceived, 1);
			rtc_count(&relay->transport->bytesReceived, size);
			news |= rtc_relay_receive(relay, frame, size);
			break;
		case RTC_FRAME_SKIPPED:
			rtc_count(&relay->malformed, 1);
			break;
		case RTC_FRAME_BROKEN:
			rtc_count(&relay->malformed, 1);
			*broken = 1;
			return news;
		case RTC_FRAME_MORE:
			return news;
		}
	}
}

int rtc_relay_drain(rtc_relay *relay)
{
	int news = 0, more = 1, broken = 0;
	if (atomic_load(&relay->ended))
		return 0;
	(void)rtc_stream_flush(relay->stream);
	for (size_t taken = 0; !broken && (taken < TURN || more);) {
		size_t room;
		uint8_t *at = rtc_framer_room(relay->framer, &room);
		ssize_t count = rtc_stream_read(relay->stream, at, room, &more);
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return news;
		if (count <= 0) {
			tellEnd(relay, count ? strerror(errno) : "the server has closed the connection");
			return news;
		}
		rtc_framer_took(relay->framer, (size_t)count);
		taken += (size_t)count;
		news |= takeFrames(relay, &broken);
	}
	if (broken)
		tellEnd(relay, "what the server sends is neither STUN nor ChannelData");
	return news;
}
