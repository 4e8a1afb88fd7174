// SPDX-License-Identifier: Apache-2.0
// What usrsctp was given and has not sent, by the packets that it sends. It is kept small: what waits for the network
// waits in the queues of our streams, where it has its turn, may expire, and is known to who sends.
#include "rtc_sctp_core.h"

// Bytes: with less, usrsctp is given more. What comes opens the window by some packets, and they are given in the same
// turn, so that there is always something to send.
#define ENOUGH 2048

#define DATA 0
#define FORWARD_TSN 192 // RFC 3758 section 3.2
#define BEGINS 2        // flags of DATA (RFC 9260 section 3.3.1)
#define ENDS 1
#define DATA_HEADER 16

static uint32_t number(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static rtc_sctp_given *find(rtc_sctp *sctp, uint16_t stream)
{
	for (uint32_t i = 0; i < sctp->givenCount; i++)
		if (sctp->given[i].stream == stream)
			return &sctp->given[i];
	return NULL;
}

static void forget(rtc_sctp *sctp, rtc_sctp_given *it)
{
	sctp->unsent -= it->left;
	sctp->givenCount--;
	for (; it < sctp->given + sctp->givenCount; it++)
		it[0] = it[1];
}

// Of messages of which a part was sent there is one at most: their TSNs follow each other.
static void forgetBegun(rtc_sctp *sctp)
{
	for (uint32_t i = 0; i < sctp->givenCount; i++) {
		if (sctp->given[i].isBegun) {
			forget(sctp, &sctp->given[i]);
			return;
		}
	}
}

int rtc_sctp_wants_more(const rtc_sctp *sctp)
{
	if (atomic_load(&sctp->isEnding))
		return 1; // after the peer's SHUTDOWN usrsctp takes nothing more, but sends what it has
	return sctp->unsent < ENOUGH && (sctp->givenCount < RTC_SCTP_GIVEN || sctp->unfinished);
}

void rtc_sctp_give(rtc_sctp *sctp, uint16_t stream, uint32_t size, int isNew)
{
	rtc_sctp_given *it = NULL;
	if (isNew && sctp->givenCount < RTC_SCTP_GIVEN) {
		it = &sctp->given[sctp->givenCount++];
		*it = (rtc_sctp_given){.stream = stream};
	} else if (!isNew) {
		for (uint32_t i = 0; i < sctp->givenCount; i++) // the last of that stream
			if (sctp->given[i].stream == stream)
				it = &sctp->given[i];
	}
	if (!it)
		return; // usrsctp has given it up, and takes the rest of it only to drop it
	it->left += size;
	sctp->unsent += size;
}

void rtc_sctp_take_back(rtc_sctp *sctp, uint16_t stream, uint32_t size, int isWhole)
{
	for (uint32_t i = sctp->givenCount; i-- > 0;) {
		rtc_sctp_given *it = &sctp->given[i];
		if (it->stream != stream)
			continue;
		uint32_t less = size < it->left ? size : it->left;
		it->left -= less;
		sctp->unsent -= less;
		if (isWhole)
			forget(sctp, it);
		return;
	}
}

// A chunk of data that was not sent before.
static void onSent(rtc_sctp *sctp, const uint8_t *chunk, uint32_t size)
{
	uint16_t stream = (uint16_t)(chunk[8] << 8 | chunk[9]);
	if (chunk[1] & BEGINS)
		forgetBegun(sctp); // given up: its end would have come before
	rtc_sctp_given *it = find(sctp, stream);
	if (!it)
		return;
	uint32_t sent = size < it->left ? size : it->left;
	it->isBegun = 1;
	it->left -= sent;
	sctp->unsent -= sent;
	if (chunk[1] & ENDS)
		forget(sctp, it);
}

static int isAfter(const rtc_sctp *sctp, uint32_t tsn)
{
	return !sctp->hasSent || (int32_t)(tsn - sctp->lastTsn) > 0;
}

void rtc_sctp_watch(rtc_sctp *sctp, const uint8_t *packet, size_t size)
{
	for (size_t place = RTC_SCTP_HEADER, length; place + 8 <= size; place += (length + 3) & ~(size_t)3) {
		const uint8_t *chunk = packet + place;
		length = (size_t)chunk[2] << 8 | chunk[3];
		if (length < 4 || length > size - place)
			return;
		int isData = chunk[0] == DATA && length > DATA_HEADER;
		if ((!isData && chunk[0] != FORWARD_TSN) || !isAfter(sctp, number(chunk + 4)))
			continue;
		if (isData)
			onSent(sctp, chunk, (uint32_t)(length - DATA_HEADER));
		else
			forgetBegun(sctp); // what is skipped was never sent: it is the rest of a message that is given up
		sctp->hasSent = 1;
		sctp->lastTsn = number(chunk + 4);
	}
}
