// SPDX-License-Identifier: Apache-2.0
#include "rtc_relay_core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// RFC 8656 sections 11 and 18, RFC 8489 section 5
#define STUN_HEADER 20
#define MAGIC_COOKIE 0x2112a442u
#define SEND_INDICATION 0x0016
#define DATA_INDICATION 0x0017
#define XOR_PEER_ADDRESS 0x0012
#define DATA 0x0013

static uint16_t read16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static uint32_t read32(const uint8_t *data)
{
	return (uint32_t)read16(data) << 16 | read16(data + 2);
}

static void write16(uint8_t *data, size_t value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

rtc_relay *rtc_relay_find(rtc_transport *transport, uint16_t number)
{
	for (int i = 0; i < RTC_RELAYS; i++)
		if (transport->relays[i] && transport->relays[i]->number == number)
			return transport->relays[i];
	return NULL;
}

// With the transport's lock held: takes a place and a number that was not in use just now, lest what is late is taken
// for the new one's.
static int enter(rtc_relay *relay)
{
	rtc_transport *transport = relay->transport;
	for (int i = 0; i < RTC_RELAYS; i++) {
		if (transport->relays[i])
			continue;
		do {
			relay->number = transport->nextRelay < RTC_RELAY_FIRST ? RTC_RELAY_FIRST : transport->nextRelay;
			transport->nextRelay = (uint16_t)(relay->number + 1);
		} while (rtc_relay_find(transport, relay->number));
		transport->relays[i] = relay;
		return 0;
	}
	return ENOSPC;
}

static void end(rtc_relay *relay)
{
	if (relay->stream)
		rtc_stream_close(relay->stream);
	if (relay->fd >= 0)
		close(relay->fd);
	rtc_free(relay->framer);
	free(relay);
}

rtc_relay *rtc_relay_open(rtc_transport *transport, const rtc_relay_options *options, int *error)
{
	rtc_relay *relay = calloc(1, sizeof *relay);
	*error = relay ? 0 : ENOMEM;
	if (!relay) {
		if (options->layer)
			(*options->layer->free)(options->layer);
		return NULL;
	}
	relay->transport = transport;
	relay->options = *options;
	relay->fd = -1;
	if (options->isStream)
		*error = rtc_relay_start(relay);
	else if (!rtc_address_is_unicast(&options->server))
		*error = EINVAL;
	else
		*error = rtc_sockets_connect(&relay->fd, &options->server);
	if (!*error) {
		pthread_mutex_lock(&transport->lock);
		*error = enter(relay);
		pthread_mutex_unlock(&transport->lock);
	}
	if (*error) {
		end(relay);
		return NULL;
	}
	rtc_wake_signal(&transport->wake); // it is to be read from now on
	return relay;
}

void rtc_relay_close(rtc_relay *relay)
{
	rtc_transport *transport = relay->transport;
	pthread_mutex_lock(&transport->relayLock); // nothing of it is being handled
	pthread_mutex_lock(&transport->transmit.lock);
	pthread_mutex_lock(&transport->lock);
	for (int i = 0; i < RTC_RELAYS; i++)
		if (transport->relays[i] == relay)
			transport->relays[i] = NULL;
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_unlock(&transport->transmit.lock);
	pthread_mutex_unlock(&transport->relayLock);
	rtc_wake_signal(&transport->wake);
	end(relay);
}

uint16_t rtc_relay_number(const rtc_relay *relay)
{
	return relay->number;
}

// With the transport's lock held.
static rtc_channel *channelOf(rtc_relay *relay, const rtc_address *peer)
{
	for (int i = 0; i < RTC_RELAY_CHANNELS; i++)
		if (relay->channels[i].number && rtc_address_equal(&relay->channels[i].peer, peer))
			return &relay->channels[i];
	return NULL;
}

// With the transport's lock held. Number 0 finds a free one.
static rtc_channel *byNumber(rtc_relay *relay, uint16_t number)
{
	for (int i = 0; i < RTC_RELAY_CHANNELS; i++)
		if (relay->channels[i].number == number)
			return &relay->channels[i];
	return NULL;
}

int rtc_relay_bind(rtc_relay *relay, uint16_t number, const rtc_address *address)
{
	rtc_address peer = *address;
	peer.relay = relay->number;
	if (number < RTC_CHANNEL_FIRST || number > RTC_CHANNEL_LAST || !rtc_address_is_unicast(&peer))
		return EINVAL;
	int error = 0;
	pthread_mutex_lock(&relay->transport->lock);
	rtc_channel *numbered = byNumber(relay, number), *known = channelOf(relay, &peer), *room = byNumber(relay, 0);
	if (numbered != known)
		error = EEXIST;
	else if (!known && !room)
		error = ENOSPC;
	else if (!known)
		*room = (rtc_channel){number, peer};
	pthread_mutex_unlock(&relay->transport->lock);
	return error;
}

void rtc_relay_unbind(rtc_relay *relay, uint16_t number)
{
	pthread_mutex_lock(&relay->transport->lock);
	rtc_channel *channel = number ? byNumber(relay, number) : NULL;
	if (channel)
		channel->number = 0;
	pthread_mutex_unlock(&relay->transport->lock);
}

// XORed with the cookie and the id, which follow each other in the header (RFC 8489 section 14.2).
static void xorAddress(const uint8_t *header, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] ^= header[4 + i];
}

void rtc_relay_aim(rtc_relay *relay, const rtc_address *peer, rtc_relay_prefix *prefix)
{
	const rtc_channel *channel = channelOf(relay, peer);
	memset(prefix, 0, sizeof *prefix);
	prefix->isPadded = !channel || relay->stream != NULL; // section 12.5
	if (channel) {
		prefix->size = RTC_CHANNEL_HEADER;
		write16(prefix->bytes, channel->number);
		return;
	}
	size_t size = peer->family == 6 ? 16 : 4;
	uint8_t *header = prefix->bytes, *attribute = header + STUN_HEADER;
	prefix->isIndication = 1;
	prefix->size = (uint8_t)(STUN_HEADER + 8 + size + 4);
	write16(header, SEND_INDICATION);
	write16(header + 4, MAGIC_COOKIE >> 16);
	write16(header + 6, MAGIC_COOKIE & 0xffff);
	// Nothing answers an indication: its id need not be a secret, nor another each time.
	write16(header + 8, relay->number);
	write16(attribute, XOR_PEER_ADDRESS);
	write16(attribute + 2, 4 + size);
	attribute[5] = peer->family == 6 ? 2 : 1;
	write16(attribute + 6, peer->port ^ (MAGIC_COOKIE >> 16));
	memcpy(attribute + 8, peer->bytes, size);
	xorAddress(header, attribute + 8, size);
	write16(attribute + 8 + size, DATA);
}

size_t rtc_relay_wrap(const rtc_relay_prefix *prefix, uint8_t *data, size_t size)
{
	size_t padding = prefix->isPadded ? -size & 3 : 0;
	uint8_t *start = data - prefix->size;
	memcpy(start, prefix->bytes, prefix->size);
	write16(data - 2, size);
	if (prefix->isIndication)
		write16(start + 2, prefix->size - STUN_HEADER + size + padding);
	memset(data + size, 0, padding);
	return prefix->size + size + padding;
}

static int transmit(rtc_relay *relay, const uint8_t *data, size_t size)
{
	int error = 0;
	if (relay->stream) {
		error = rtc_stream_put(relay->stream, data, size, 0);
		if (!error && rtc_stream_flush(relay->stream))
			rtc_wake_signal(&relay->transport->wake); // it waits for room from now on
	} else {
		while (send(relay->fd, data, size, 0) < 0 && (error = errno) == EINTR)
			error = 0;
	}
	if (error)
		rtc_count(&relay->sendErrors, 1);
	else {
		rtc_count(&relay->packetsSent, 1);
		rtc_count(&relay->bytesSent, size);
	}
	return error;
}

int rtc_relay_send_stun(rtc_relay *relay, const uint8_t *data, size_t size)
{
	rtc_transport_expect(relay->transport, relay->options.owner, data, size);
	return transmit(relay, data, size);
}

int rtc_relay_send(rtc_transport *transport, const rtc_address *peer, const uint8_t *data, size_t size)
{
	uint8_t buffer[RTC_RELAY_HEADROOM + RTC_STUN_SIZE + RTC_RELAY_TAIL];
	rtc_relay_prefix prefix;
	if (size > RTC_STUN_SIZE)
		return EMSGSIZE;
	pthread_mutex_lock(&transport->lock);
	rtc_relay *relay = rtc_relay_find(transport, peer->relay);
	if (relay)
		rtc_relay_aim(relay, peer, &prefix);
	pthread_mutex_unlock(&transport->lock);
	if (!relay)
		return EHOSTUNREACH;
	memcpy(buffer + RTC_RELAY_HEADROOM, data, size);
	size = rtc_relay_wrap(&prefix, buffer + RTC_RELAY_HEADROOM, size);
	return transmit(relay, buffer + RTC_RELAY_HEADROOM - prefix.size, size);
}

static int receiveChannel(rtc_relay *relay, uint8_t *data, size_t size)
{
	size_t length = size < RTC_CHANNEL_HEADER ? size : read16(data + 2);
	if (size < RTC_CHANNEL_HEADER || length > size - RTC_CHANNEL_HEADER) {
		rtc_count(&relay->malformed, 1);
		return 0;
	}
	pthread_mutex_lock(&relay->transport->lock);
	const rtc_channel *channel = byNumber(relay, read16(data));
	rtc_address peer = channel ? channel->peer : (rtc_address){0};
	pthread_mutex_unlock(&relay->transport->lock);
	if (!peer.family) {
		rtc_count(&relay->unknown, 1);
		return 0;
	}
	return rtc_receive_datagram(relay->transport, &peer, data + RTC_CHANNEL_HEADER, length);
}

// The value of an attribute, of which the first of its type counts. NULL when there is none.
static uint8_t *attributeOf(uint8_t *data, size_t size, uint16_t wanted, size_t *length)
{
	for (size_t at = STUN_HEADER; size - at >= 4;) {
		size_t value = read16(data + at + 2), padded = (value + 3) & ~(size_t)3;
		if (padded > size - at - 4)
			return NULL;
		if (read16(data + at) == wanted) {
			*length = value;
			return data + at + 4;
		}
		at += 4 + padded;
	}
	return NULL;
}

static int peerOf(uint8_t *data, size_t size, rtc_address *peer)
{
	size_t length;
	const uint8_t *value = attributeOf(data, size, XOR_PEER_ADDRESS, &length);
	if (!value || !((length == 8 && value[1] == 1) || (length == 20 && value[1] == 2)))
		return 0;
	memset(peer, 0, sizeof *peer);
	peer->family = value[1] == 1 ? 4 : 6;
	peer->port = read16(value + 2) ^ (MAGIC_COOKIE >> 16);
	memcpy(peer->bytes, value + 4, length - 4);
	xorAddress(data, peer->bytes, length - 4);
	return 1;
}

static int receiveIndication(rtc_relay *relay, uint8_t *data, size_t size)
{
	rtc_address peer;
	size_t length;
	uint8_t *payload = attributeOf(data, size, DATA, &length);
	if (!payload || !peerOf(data, size, &peer)) {
		rtc_count(&relay->malformed, 1);
		return 0;
	}
	peer.relay = relay->number;
	if (!rtc_address_is_unicast(&peer)) {
		rtc_count(&relay->unknown, 1);
		return 0;
	}
	return rtc_receive_datagram(relay->transport, &peer, payload, length);
}

int rtc_relay_receive(rtc_relay *relay, uint8_t *data, size_t size)
{
	rtc_count(&relay->packetsReceived, 1);
	rtc_count(&relay->bytesReceived, size);
	if (size && (data[0] & 0xc0) == 0x40)
		return receiveChannel(relay, data, size);
	if (size < STUN_HEADER || (data[0] & 0xc0) || read32(data + 4) != MAGIC_COOKIE || read16(data + 2) % 4 ||
		read16(data + 2) > size - STUN_HEADER) {
		rtc_count(&relay->malformed, 1);
		return 0;
	}
	if (read16(data) == DATA_INDICATION)
		return receiveIndication(relay, data, STUN_HEADER + (size_t)read16(data + 2));
	rtc_address from = relay->options.server;
	from.relay = relay->number;
	return rtc_receive_datagram(relay->transport, &from, data, size);
}

void rtc_relay_get_statistics(const rtc_relay *relay, rtc_relay_statistics *statistics)
{
	statistics->packetsReceived = rtc_counted(&relay->packetsReceived);
	statistics->bytesReceived = rtc_counted(&relay->bytesReceived);
	statistics->packetsSent = rtc_counted(&relay->packetsSent);
	statistics->bytesSent = rtc_counted(&relay->bytesSent);
	statistics->malformed = rtc_counted(&relay->malformed);
	statistics->unknown = rtc_counted(&relay->unknown);
	statistics->sendErrors = rtc_counted(&relay->sendErrors);
}
