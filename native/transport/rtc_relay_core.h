// SPDX-License-Identifier: Apache-2.0
// What the relay shares with receiving and transmitting.
#ifndef RTC_RELAY_CORE_H
#define RTC_RELAY_CORE_H

#include "rtc_transport_core.h" // first: it asks for more than POSIX

#include "rtc_framer.h"
#include "rtc_relay.h"

typedef struct {
	uint16_t number; // 0: free
	rtc_address peer;
} rtc_channel;

struct rtc_relay {
	rtc_transport *transport;
	rtc_relay_options options;
	uint16_t number;
	int fd;                                   // of UDP, else -1
	rtc_stream *stream;                       // NULL: UDP
	rtc_framer *framer;                       // of the stream: the network thread's
	atomic_int ended;                         // the stream has, and that was told
	rtc_channel channels[RTC_RELAY_CHANNELS]; // guarded by the transport's `lock`
	rtc_counter packetsReceived, bytesReceived, packetsSent, bytesSent, malformed, unknown, sendErrors;
};

// The relay of a number, or NULL. With the transport's `lock` held.
rtc_relay *rtc_relay_find(rtc_transport *transport, uint16_t number);

// With the transport's `lock` held.
void rtc_relay_aim(rtc_relay *relay, const rtc_address *peer, rtc_relay_prefix *prefix);
// Writes the prefix of a datagram of `size` bytes before it, and what must follow it behind it. Returns the size of
// all.
size_t rtc_relay_wrap(const rtc_relay_prefix *prefix, uint8_t *data, size_t size);
// Begins to connect a relay whose leg is a stream. 0 or an errno value.
int rtc_relay_start(rtc_relay *relay);
// What has come by the stream, and what it can take now. Returns whether the control plane has something to read.
int rtc_relay_drain(rtc_relay *relay);
// The descriptor to poll, -1: none yet, or no more; and what for.
int rtc_relay_descriptor(rtc_relay *relay, short *events);

// A datagram for the peer, from the control plane. 0 or an errno value.
int rtc_relay_send(rtc_transport *transport, const rtc_address *peer, const uint8_t *data, size_t size);
// A datagram of the server's, which may be changed in place. Returns whether the control plane has something to read.
int rtc_relay_receive(rtc_relay *relay, uint8_t *data, size_t size);

#endif
