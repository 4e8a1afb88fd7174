// SPDX-License-Identifier: Apache-2.0
// A connection without enough memory, from its first allocation to its last: DTLS, SRTP, and what is sent over them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc_loop.h"
#include "dtls_world.h"
#include "rtc_payload.h"
#include "rtc_rtp_sender.h"

#define PATIENCE 5000 // milliseconds of virtual time

static rtc_certificate *certificates[2];

typedef struct {
	rtc_srtp *srtp[2];
	rtc_dtls *ends[2];
	unsigned packets[2];
} connection;

static void onPacket(void *context, const uint8_t *packet, size_t size)
{
	(void)packet, (void)size;
	++*(unsigned *)context;
}

static int namesMemory(int error)
{
	return error == ENOMEM || rtc_dtls_is_memory(error);
}

static void shut(connection *it)
{
	for (int side = 0; side < 2; side++) {
		if (it->ends[side])
			rtc_dtls_close(it->ends[side]);
		rtc_srtp_release(it->srtp[side]);
	}
}

static alloc_result make(connection *it)
{
	int error;
	world_reset(NULL);
	for (int side = 0; side < 2; side++) {
		it->srtp[side] = rtc_srtp_new(world_path(side), &error);
		if (!it->srtp[side])
			return namesMemory(error) ? ALLOC_REFUSED : ALLOC_WRONG;
		rtc_srtp_add_handler(it->srtp[side], onPacket, onPacket, NULL, &it->packets[side]);
		rtc_dtls_options options = world_options(side, it->srtp[side], certificates, PATIENCE, 0);
		it->ends[side] = rtc_dtls_new(&options, &error);
		if (!it->ends[side])
			return namesMemory(error) ? ALLOC_REFUSED : ALLOC_WRONG;
	}
	return ALLOC_DONE;
}

// One side of a failed handshake says that it lacked memory; the other has an alert, or heard nothing any more. Mbed
// TLS has failures of its key exchange that do not say what was missing.
static alloc_result outcome(const connection *it)
{
	int connected = 0, memory = 0, unnamed = 0;
	for (int side = 0; side < 2; side++) {
		rtc_dtls_state state = rtc_dtls_get_state(it->ends[side]);
		rtc_dtls_reason reason = rtc_dtls_get_reason(it->ends[side]);
		if (state != RTC_DTLS_CONNECTED && state != RTC_DTLS_FAILED)
			return ALLOC_WRONG;
		connected += state == RTC_DTLS_CONNECTED;
		memory += reason == RTC_DTLS_NO_MEMORY;
		unnamed += reason == RTC_DTLS_HANDSHAKE_FAILED && rtc_dtls_error(it->ends[side]);
	}
	if (connected == 2)
		return ALLOC_DONE;
	return memory ? ALLOC_REFUSED : unnamed ? ALLOC_UNNAMED : ALLOC_WRONG;
}

static alloc_result handshake(connection *it)
{
	alloc_result result = make(it);
	if (result != ALLOC_DONE)
		return result;
	for (int side = 0; side < 2; side++)
		rtc_dtls_start(it->ends[side], 0);
	world_run(it->ends, worldNow + (PATIENCE + 1000) * 1000);
	return outcome(it);
}

static alloc_result connects(void)
{
	connection it = {0};
	alloc_result result = handshake(&it);
	shut(&it);
	return result;
}

static int sendPacket(rtc_srtp *srtp, uint8_t sequence)
{
	const uint8_t packet[20] = {0x80, 96, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 5};
	rtc_srtp_transmit *transmit = rtc_srtp_begin(srtp);
	if (!transmit)
		return -1;
	memcpy(rtc_srtp_buffer(transmit), packet, sizeof packet);
	int error = rtc_srtp_commit(transmit, sizeof packet, 0);
	rtc_srtp_end(transmit);
	return error;
}

// What is lost for lack of memory is one packet: the next ones come.
static alloc_result speaks(void)
{
	connection it = {0};
	alloc_result result = handshake(&it);
	if (result == ALLOC_DONE) {
		int failed = 0;
		for (uint8_t i = 0; i < 4; i++)
			failed += sendPacket(it.srtp[0], i) != 0;
		world_run(it.ends, worldNow + 1000000);
		if (it.packets[1] < 4)
			result = ALLOC_REFUSED; // libsrtp had no memory for the stream
		if (failed == 4 || it.packets[1] > 4)
			result = failed == 4 ? ALLOC_REFUSED : ALLOC_WRONG;
	}
	shut(&it);
	return result;
}

static alloc_result sends(void)
{
	static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
	static const rtc_rtp_stream_options options = {
		.codec = &h264, .payloadType = 102, .packetizationMode = 1, .ssrc = 7, .cname = "a"};
	static uint8_t picture[5000] = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 1, 0, 0, 0, 1, 0x65};
	static uint8_t material[RTC_SRTP_MATERIAL];
	int error;
	alloc_result result = ALLOC_REFUSED;
	world_reset(NULL);
	rtc_srtp *srtp = rtc_srtp_new(world_path(0), &error);
	if (!srtp)
		return namesMemory(error) ? ALLOC_REFUSED : ALLOC_WRONG;
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	rtc_rtp_sender *sender = session ? rtc_rtp_sender_new(&options, session, &error) : NULL;
	if (!sender && error != ENOMEM)
		result = ALLOC_WRONG;
	size_t size = rtc_srtp_material_size(RTC_SRTP_AES128_CM_SHA1_80);
	error = rtc_srtp_set_keys(srtp, RTC_SRTP_AES128_CM_SHA1_80, material, size, 1);
	if (error && error != ENOMEM)
		result = ALLOC_WRONG;
	if (sender) {
		rtc_frame frame = {
			.data = picture, .size = sizeof picture, .format = RTC_FORMAT_ENCODED, .codec = &h264, .key = 1};
		rtc_rtp_stream_statistics statistics;
		frame.time = worldNow;
		memset(picture + 18, 3, sizeof picture - 18);
		rtc_rtp_sender_sink(sender)->frame(rtc_rtp_sender_sink(sender), &frame);
		rtc_rtp_sender_get_statistics(sender, &statistics);
		if (!error && statistics.packetsSent >= 4)
			result = ALLOC_DONE;
		rtc_rtp_sender_close(sender);
	}
	if (session)
		rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	rtc_srtp_release(srtp);
	return result;
}

// A certificate, made and read again.
static alloc_result certifies(void)
{
	int error;
	uint8_t certificate[1024], key[512];
	rtc_certificate *made = rtc_certificate_generate(&error);
	if (!made)
		return namesMemory(error) ? ALLOC_REFUSED : ALLOC_WRONG;
	size_t size = rtc_certificate_write(made, certificate, sizeof certificate);
	size_t keySize = rtc_certificate_write_key(made, key, sizeof key);
	rtc_certificate_release(made);
	if (!size || !keySize)
		return ALLOC_REFUSED;
	made = rtc_certificate_parse(certificate, size, key, keySize, &error);
	if (!made)
		return namesMemory(error) ? ALLOC_REFUSED : ALLOC_WRONG;
	rtc_certificate_release(made);
	return ALLOC_DONE;
}

int main(void)
{
	static const alloc_scenario scenarios[] = {
		{"a certificate", certifies}, {"a connection", connects}, {"packets", speaks}, {"a sender", sends}};
	int error;
	for (int side = 0; side < 2; side++)
		certificates[side] = rtc_certificate_generate(&error);
	int status = alloc_loop(scenarios, sizeof scenarios / sizeof scenarios[0]);
	for (int side = 0; side < 2; side++)
		rtc_certificate_release(certificates[side]);
	return status;
}
