// SPDX-License-Identifier: Apache-2.0
// A relay's leg over TCP or TLS (RFC 8656 section 12.5).
#include "rtc_relay_core.h"

#include <errno.h>

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

static int take(void *context, uint8_t *frame, size_t size)
{
	rtc_relay *relay = context;
	if (!frame) {
		rtc_count(&relay->malformed, 1);
		return 0;
	}
	rtc_count(&relay->transport->packetsReceived, 1);
	rtc_count(&relay->transport->bytesReceived, size);
	return rtc_relay_receive(relay, frame, size);
}

int rtc_relay_drain(rtc_relay *relay)
{
	const char *end;
	if (atomic_load(&relay->ended))
		return 0;
	int news = rtc_stream_take(relay->stream, relay->framer, take, relay, &end);
	if (end)
		tellEnd(relay, end);
	return news;
}
