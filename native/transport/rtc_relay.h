// SPDX-License-Identifier: Apache-2.0
// A relay's leg (RFC 8656): the socket between this host and one TURN server, which one allocation belongs to. Peers
// are reached through it by addresses whose `relay` is its number. The control plane (ice/turn) makes the allocation
// and the channels, and tells of the channels here; ChannelData and indications are put together and taken apart here
// alone.
//
// A relay has a socket of its own: a server knows one allocation for each, its credentials cannot change (error 441),
// and after an allocation's end coturn refuses another one on the same socket for a while (437). All peers share the
// relay.
#ifndef RTC_RELAY_H
#define RTC_RELAY_H

#include "rtc_stream.h"
#include "rtc_transport.h"

#define RTC_RELAYS 6          // of a transport
#define RTC_RELAY_FIRST 16    // the least number of one
#define RTC_RELAY_CHANNELS 32 // of a relay, 36 bytes each
#define RTC_CHANNEL_FIRST 0x4000
#define RTC_CHANNEL_LAST 0x4fff // RFC 8656 section 12
#define RTC_CHANNEL_HEADER 4
// What may precede a peer's data: the header of a Send indication, XOR-PEER-ADDRESS with an IPv6 address, and DATA's
// header (RFC 8656 section 11.1); and follow it: padding.
#define RTC_RELAY_HEADROOM 48
#define RTC_RELAY_TAIL 4

typedef struct rtc_relay rtc_relay;

typedef struct {
	uint64_t packetsReceived, bytesReceived, packetsSent, bytesSent; // with what relaying adds
	uint64_t malformed;  // neither ChannelData nor STUN, an indication without peer or data, or too large
	uint64_t unknown;    // channels that are not bound, peers that cannot be
	uint64_t sendErrors; // datagrams that could not be sent; over a stream, those that its queue had no room for
} rtc_relay_statistics;

typedef struct {
	rtc_address server;
	uint16_t owner; // whose the server's answers are (see rtc_transport_read_stun)
	// By a TCP connection, in place of UDP. It is usable from onOpen on.
	int isStream;
	rtc_stream_layer *layer;       // under it: TLS, or NULL. The relay's from here on, whatever becomes of it
	uint32_t patience;             // milliseconds until it must be connected
	void (*onOpen)(void *context); // from the stream's thread
	// From the network thread, or the stream's: the server's port is closed, or the way there; the stream has ended, or
	// never was. `reason` is in words. It may not close the relay.
	void (*onError)(void *context, const char *reason);
	void *context;
} rtc_relay_options;

// Opens a socket to the server. Returns NULL and sets *error to an errno value: ENOSPC when there are RTC_RELAYS.
rtc_relay *rtc_relay_open(rtc_transport *transport, const rtc_relay_options *options, int *error);
uint16_t rtc_relay_number(const rtc_relay *relay);
// The peer has this channel from now on: data goes to it in ChannelData, and is taken from there. 0, EINVAL for what is
// no channel or no peer, EEXIST when either has another, ENOSPC.
int rtc_relay_bind(rtc_relay *relay, uint16_t channel, const rtc_address *peer);
void rtc_relay_unbind(rtc_relay *relay, uint16_t channel);
// A message for the server itself. 0 or an errno value.
int rtc_relay_send_stun(rtc_relay *relay, const uint8_t *data, size_t size);
void rtc_relay_get_statistics(const rtc_relay *relay, rtc_relay_statistics *statistics);
// The socket is closed; nothing is sent or received through it, and no callback runs, when it returns. Not from the
// network thread; before the transport closes.
void rtc_relay_close(rtc_relay *relay);

#endif
