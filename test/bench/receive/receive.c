// SPDX-License-Identifier: Apache-2.0
// What it costs to receive media by SRTP: our path, SRTP, session and receiver up to whole frames at a sink, and the
// least that could be done over the same libsrtp. For test/bench/receive.mjs, which counts the instructions of one
// function each.
//
//   receive ours|bare PACKETS UNIT [sound] [gcm]   takes that many packets in units of UNIT; prints how many came
//
// The packets are protected before, and sent a unit at a time, so that none is lost.
#define _GNU_SOURCE // recvmmsg
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rtc_frame.h"
#include "rtc_h264.h"
#include "rtc_payload.h"
#include "rtc_playout.h"
#include "rtc_rtp_receiver.h"
#include "rtc_transport_core.h"

#define SSRC 0x11223344
#define PAYLOAD_TYPE 96
#define PAYLOAD 1150
#define SOUND 80 // bytes: 20 ms of Opus at 32 kbit/s
#define FRAGMENT (PAYLOAD - 2)
#define EXTENSION 8 // bytes: the transport-wide sequence number
#define KEY_SIZE 30
#define ROOM 1536

typedef struct {
	size_t size;
	uint8_t data[PAYLOAD + 64];
} sent;

typedef struct {
	rtc_sink sink; // first
	rtc_playout *playout;
	atomic_uint frames;
} listener;

static struct {
	uint32_t packets, unit;
	int isSound, isOurs;
	uint16_t profile;
	sent *ready;
	int from; // the socket of who sends
	struct sockaddr_in to;
	atomic_uint taken; // by the bare loop
	int fd;
	srtp_t in;
} job;

static uint8_t material[RTC_SRTP_MATERIAL];
static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
static const rtc_codec opus = {.name = "opus", .clockRate = 48000, .payload = &rtc_payload_whole};

static void check(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "receive: %s failed\n", what);
	exit(1);
}

static srtp_t session(srtp_ssrc_type_t type)
{
	uint8_t key[KEY_SIZE];
	size_t half = rtc_srtp_material_size(job.profile) / 2;
	srtp_policy_t policy = {.ssrc = {.type = type}, .key = key, .window_size = 1024};
	srtp_t made;
	memcpy(key, material + 16, 16); // the server's
	memcpy(key + 16, material + 32 + (half - 16), half - 16);
	if (job.profile == RTC_SRTP_AEAD_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
	}
	check(srtp_create(&made, &policy) != srtp_err_status_ok, "srtp_create");
	return made;
}

// A picture of `unit` packets. The first of all is a key frame with its parameter sets.
static size_t writePicture(uint8_t *payload, uint32_t number)
{
	static const uint8_t sets[] = {24, 0, 4, 0x67, 1, 2, 3, 0, 3, 0x68, 4, 5, 0, 2, 0x65, 0x88}; // STAP-A
	uint32_t place = number % job.unit;
	if (number == 0) {
		memcpy(payload, sets, sizeof sets);
		return sizeof sets;
	}
	for (int i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)(i * 7 + number) | 1;
	payload[0] = job.unit == 1 ? 0x61 : 0x7c; // alone, or FU-A
	if (job.unit > 1)
		payload[1] = (uint8_t)((place == 0 || number == 1 ? 0x80 : 0) | (place == job.unit - 1 ? 0x40 : 0) | 1);
	return PAYLOAD;
}

static void prepare(void)
{
	srtp_t out = session(ssrc_any_outbound);
	job.ready = calloc(job.packets, sizeof *job.ready);
	check(!job.ready, "calloc");
	for (uint32_t i = 0; i < job.packets; i++) {
		uint8_t *data = job.ready[i].data, *payload = data + RTC_RTP_HEADER + EXTENSION;
		uint32_t place = i % job.unit, frame = i / job.unit;
		data[0] = 0x90;
		data[1] = PAYLOAD_TYPE;
		rtc_rtp_stamp(data, !job.isSound && place == job.unit - 1, (uint16_t)i, job.isSound ? i * 960 : frame * 3000);
		rtc_rtp_put32(data + 8, SSRC);
		memcpy(data + RTC_RTP_HEADER, "\xbe\xde\0\1\x11\0\0\0", EXTENSION);
		rtc_rtp_put16(data + RTC_RTP_HEADER + 5, (uint16_t)i);
		size_t size = SOUND;
		if (job.isSound)
			memset(payload, (int)i, SOUND);
		else
			size = writePicture(payload, i);
		int length = (int)(RTC_RTP_HEADER + EXTENSION + size);
		check(srtp_protect(out, data, &length) != srtp_err_status_ok, "srtp_protect");
		job.ready[i].size = (size_t)length;
	}
	srtp_dealloc(out);
}

static void sendUnit(uint32_t first)
{
	for (uint32_t i = first; i < first + job.unit && i < job.packets; i++)
		check(sendto(job.from, job.ready[i].data, job.ready[i].size, 0, (struct sockaddr *)&job.to, sizeof job.to) < 0,
			  "sendto");
}

// Its own function, which callgrind is told to count: what nobody could do without.
__attribute__((noinline)) void *bareLoop(void *unused)
{
	static uint8_t room[RTC_RECEIVE_BATCH][ROOM];
	struct mmsghdr messages[RTC_RECEIVE_BATCH];
	struct iovec vectors[RTC_RECEIVE_BATCH];
	(void)unused;
	memset(messages, 0, sizeof messages);
	for (int i = 0; i < RTC_RECEIVE_BATCH; i++) {
		vectors[i] = (struct iovec){room[i], ROOM};
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (job.taken < job.packets) {
		int count = recvmmsg(job.fd, messages, RTC_RECEIVE_BATCH, MSG_WAITFORONE, NULL);
		check(count < 0, "recvmmsg");
		for (int i = 0; i < count; i++) {
			int length = (int)messages[i].msg_len;
			check(srtp_unprotect(job.in, room[i], &length) != srtp_err_status_ok, "srtp_unprotect");
			atomic_fetch_add(&job.taken, 1);
		}
	}
	return NULL;
}

static void runBare(void)
{
	pthread_t thread;
	socklen_t size = sizeof job.to;
	int space = RTC_RECEIVE_BUFFER;
	prepare();
	job.in = session(ssrc_any_inbound);
	job.fd = socket(AF_INET, SOCK_DGRAM, 0);
	job.to = (struct sockaddr_in){.sin_family = AF_INET};
	job.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(job.fd < 0 || bind(job.fd, (struct sockaddr *)&job.to, size), "bind");
	check(setsockopt(job.fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof space), "SO_RCVBUF");
	check(getsockname(job.fd, (struct sockaddr *)&job.to, &size), "getsockname");
	check(pthread_create(&thread, NULL, bareLoop, NULL), "pthread_create");
	for (uint32_t i = 0; i < job.packets; i += job.unit) {
		sendUnit(i);
		while (atomic_load(&job.taken) < i + job.unit && atomic_load(&job.taken) < job.packets)
			usleep(50);
	}
	pthread_join(thread, NULL);
	printf("%u\n", atomic_load(&job.taken));
}

static void keepSink(rtc_sink *sink)
{
	(void)sink;
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	listener *it = (listener *)sink;
	if (it->playout)
		rtc_playout_put(it->playout, frame);
	atomic_fetch_add(&it->frames, 1);
}

static void runOurs(void)
{
	static listener listening;
	int error;
	rtc_address from;
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t size = sizeof own;
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	check(!transport, "transport");
	job.to = own;
	job.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	job.to.sin_port = htons(rtc_transport_port(transport));
	check(connect(job.from, (struct sockaddr *)&job.to, sizeof job.to) ||
			  getsockname(job.from, (struct sockaddr *)&own, &size),
		  "connect");
	check(rtc_address_parse(&from, "127.0.0.1", ntohs(own.sin_port)), "address");
	rtc_path *path = rtc_path_new(transport);
	check(!path || rtc_path_select(path, &from), "path");
	rtc_srtp *srtp = rtc_srtp_new(path, &error);
	check(!srtp, "srtp");
	check(rtc_srtp_set_keys(srtp, job.profile, material, rtc_srtp_material_size(job.profile), 1), "keys");
	prepare();
	rtc_rtp_session *rtp = rtc_rtp_session_new(srtp, &error);
	check(!rtp, "session");
	rtc_rtp_receiver_options options = {
		.isVideo = !job.isSound,
		.formatCount = 1,
		.formats = {{.payloadType = PAYLOAD_TYPE, .codec = job.isSound ? &opus : &h264}},
		.ssrc = 1,
		.cname = "bench",
		.transportSequenceId = 1,
		.feedback = RTC_RTP_PICTURES_NACK | RTC_RTP_PICTURES_PLI,
		.isReducedSize = 1};
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_new(&options, rtp, NULL, NULL, &error);
	check(!receiver, "receiver");
	rtc_sink_init(&listening.sink, keepSink, onFrame);
	if (job.isSound)
		listening.playout = rtc_playout_new(48000, 1, RTC_PLAYOUT_BYTES);
	check(rtc_source_connect(rtc_rtp_receiver_source(receiver), &listening.sink), "sink");
	rtc_rtp_receiver_statistics counted = {0};
	for (uint32_t i = 0; i < job.packets; i += job.unit) {
		sendUnit(i);
		uint32_t due = i + job.unit < job.packets ? i + job.unit : job.packets;
		do {
			usleep(50);
			rtc_rtp_receiver_get_statistics(receiver, &counted);
		} while (counted.packetsReceived < due);
	}
	uint32_t frames = atomic_load(&listening.frames), most = job.isSound ? job.packets : job.packets / job.unit;
	rtc_rtp_receiver_close(receiver);
	rtc_rtp_session_close(rtp);
	rtc_rtp_session_release(rtp);
	rtc_srtp_release(srtp);
	rtc_path_release(path);
	rtc_transport_close(transport);
	rtc_playout_free(listening.playout);
	check(frames + 1 < most, "giving every frame");
	printf("%u\n", (unsigned)counted.packetsReceived);
}

static int parse(int count, char **words)
{
	if (count < 4 || (strcmp(words[1], "ours") && strcmp(words[1], "bare")))
		return -1;
	job.isOurs = words[1][0] == 'o';
	job.packets = (uint32_t)atoi(words[2]);
	job.unit = (uint32_t)atoi(words[3]);
	job.profile = RTC_SRTP_AES128_CM_SHA1_80;
	for (int i = 4; i < count; i++) {
		if (!strcmp(words[i], "sound"))
			job.isSound = 1;
		else if (!strcmp(words[i], "gcm"))
			job.profile = RTC_SRTP_AEAD_AES_128_GCM;
		else
			return -1;
	}
	return job.packets && job.unit ? 0 : -1;
}

int main(int count, char **words)
{
	if (parse(count, words)) {
		fprintf(stderr, "usage: receive ours|bare PACKETS UNIT [sound] [gcm]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof material; i++)
		material[i] = (uint8_t)(i + 1);
	job.from = socket(AF_INET, SOCK_DGRAM, 0);
	check(job.from < 0, "socket");
	(job.isOurs ? runOurs : runBare)();
	return 0;
}
