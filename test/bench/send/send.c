// SPDX-License-Identifier: Apache-2.0
// What it costs to send H.264 over SRTP: our sender, and the least that could be done over the same libsrtp, sending
// packets of one size to one UDP port. For test/bench/send.mjs.
//
//   send drain                                  receives; prints its port
//   send ours|bare PORT PACKETS UNIT [OPTION …] sends, in access units of UNIT packets; prints CPU seconds
//       nogso      without UDP segmentation     gcm       AEAD_AES_128_GCM
//       rate=N     at N packets a second, not as fast as it goes
//       relay=channel|indication|tcp            by way of a relay: ChannelData, Send indications, ChannelData over TCP
#include <arpa/inet.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "rtc_frame.h"
#include "rtc_payload.h"
#include "rtc_relay_core.h"
#include "rtc_rtp_sender.h"

#define SSRC 0x11223344
#define PAYLOAD_TYPE 96
#define EXTENSIONS 12 // bytes, of transport-wide-cc and abs-send-time
#define PAYLOAD (RTC_RTP_PACKET_MAXIMUM - RTC_RTP_OVERHEAD)
#define RTP_SIZE (RTC_RTP_HEADER + EXTENSIONS + PAYLOAD)
#define FRAGMENT (PAYLOAD - 2)  // bytes of the NAL unit in a full FU-A packet
#define NO_PACING (4000000000u) // bit/s: as fast as it goes
#define KEY_SIZE 30             // AES-128 key and the longest salt

typedef struct {
	int ours;
	uint16_t port;
	uint32_t packets, unit, rate;
	int noSegmentation;
	uint16_t profile;
	enum { DIRECT, CHANNEL, INDICATION, TCP } relay;
} options;

typedef struct job job;
struct job {
	const options *options;
	void (*send)(job *job); // one access unit
	uint64_t next;          // when, by rtc_now(), where there is a rate
	// Ours.
	rtc_source source;
	rtc_frame frame;
	rtc_transport *transport;
	rtc_relay *relay;
	rtc_path *path;
	rtc_srtp *srtp;
	rtc_rtp_session *rtp;
	rtc_rtp_sender *sender;
	// Bare.
	srtp_t session;
	int fd;
	struct sockaddr_in to;
	uint16_t sequence;
	uint8_t packet[RTC_TRANSMIT_SIZE];
};

static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};

static void check(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "send: %s failed\n", what);
	exit(1);
}

// Both live as long as the program.
static void keepFrame(rtc_frame *frame)
{
	(void)frame;
}

static void keepSource(rtc_source *source)
{
	(void)source;
}

// An access unit of one slice that makes `unit` packets of full size; no start code occurs in it.
static void makeUnit(rtc_frame *frame, uint32_t unit)
{
	static const uint8_t start[] = {0, 0, 0, 1, 0x65};
	uint32_t random = 1, size = sizeof start + unit * FRAGMENT;
	frame->data = malloc(size);
	check(!frame->data, "malloc");
	memcpy(frame->data, start, sizeof start);
	for (uint32_t i = sizeof start; i < size; i++) {
		random = random * 1664525 + 1013904223;
		frame->data[i] = (uint8_t)(random >> 24);
		if (!frame->data[i] && !frame->data[i - 1])
			frame->data[i] = 3;
	}
	frame->data[size - 1] |= 0x80; // not a trailing zero
	frame->size = frame->capacity = size;
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = &h264;
	frame->key = 1;
	frame->release = keepFrame;
	atomic_init(&frame->refs, 1);
}

static void sendOurs(job *job)
{
	job->frame.time = rtc_now();
	rtc_source_deliver(&job->source, &job->frame);
}

// The peer is behind a relay, which is the process that drains.
static void openRelay(job *job, const rtc_address *server, rtc_address *peer)
{
	const options *options = job->options;
	rtc_relay_options relay = {.server = *server, .isStream = options->relay == TCP, .patience = 5000};
	int error;
	job->relay = rtc_relay_open(job->transport, &relay, &error);
	check(!job->relay || rtc_address_parse(peer, "203.0.113.7", 6000), "relay");
	short events;
	for (int i = 0; i < 5000 && rtc_relay_descriptor(job->relay, &events) < 0; i++)
		usleep(1000);
	peer->relay = rtc_relay_number(job->relay);
	check(options->relay != INDICATION && rtc_relay_bind(job->relay, RTC_CHANNEL_FIRST, peer), "channel");
}

static void openOurs(job *job)
{
	const options *options = job->options;
	uint8_t material[RTC_SRTP_MATERIAL];
	rtc_address to;
	int error;
	for (size_t i = 0; i < sizeof material; i++)
		material[i] = (uint8_t)(i + 1);
	check(rtc_address_parse(&to, "127.0.0.1", options->port), "address");
	job->transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	check(!job->transport, "transport");
	if (options->noSegmentation)
		job->transport->transmit.segmentation = 0;
	if (options->relay) {
		rtc_address server = to;
		openRelay(job, &server, &to);
	}
	job->path = rtc_path_new(job->transport);
	check(!job->path || rtc_path_select(job->path, &to), "path");
	job->srtp = rtc_srtp_new(job->path, &error);
	check(!job->srtp, "srtp");
	size_t size = rtc_srtp_material_size(options->profile);
	check(rtc_srtp_set_keys(job->srtp, options->profile, material, size, 1), "keys");
	rtc_rtp_stream_options stream = {.codec = &h264,
									 .payloadType = PAYLOAD_TYPE,
									 .packetizationMode = 1,
									 .ssrc = SSRC,
									 .cname = "bench",
									 .ids = {.transportSequence = 1, .sendTime = 2},
									 .rtxSsrc = SSRC + 1,
									 .rtxPayloadType = PAYLOAD_TYPE + 1};
	job->rtp = rtc_rtp_session_new(job->srtp, &error);
	check(!job->rtp, "session");
	rtc_rtp_session_set_pacing(job->rtp, NO_PACING);
	job->sender = rtc_rtp_sender_new(&stream, job->rtp, &error);
	check(!job->sender, "sender");
	rtc_source_init(&job->source, keepSource);
	check(rtc_source_connect(&job->source, rtc_rtp_sender_sink(job->sender)), "connect");
	makeUnit(&job->frame, options->unit);
	job->send = sendOurs;
}

static void closeOurs(job *job)
{
	rtc_transport_statistics statistics;
	rtc_transport_get_statistics(job->transport, &statistics);
	rtc_rtp_sender_close(job->sender);
	rtc_rtp_session_close(job->rtp);
	rtc_rtp_session_release(job->rtp);
	rtc_srtp_release(job->srtp);
	rtc_path_release(job->path);
	if (job->relay)
		rtc_relay_close(job->relay);
	rtc_transport_close(job->transport);
	free(job->frame.data);
	check(statistics.packetsSent < job->options->packets, "sending every packet");
}

static void sendBare(job *job)
{
	for (uint32_t i = 0; i < job->options->unit; i++) {
		int size = RTP_SIZE;
		rtc_rtp_stamp(job->packet, 0, job->sequence++, 0);
		check(srtp_protect(job->session, job->packet, &size), "srtp_protect");
		check(sendto(job->fd, job->packet, (size_t)size, 0, (struct sockaddr *)&job->to, sizeof job->to) < 0, "sendto");
	}
}

static void openBare(job *job)
{
	uint8_t key[KEY_SIZE] = {1};
	srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = key, .window_size = 1024};
	check(srtp_init(), "srtp_init");
	if (job->options->profile == RTC_SRTP_AEAD_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
	}
	check(srtp_create(&job->session, &policy), "srtp_create");
	job->fd = socket(AF_INET, SOCK_DGRAM, 0);
	check(job->fd < 0, "socket");
	job->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(job->options->port)};
	job->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(job->packet, 0x5a, sizeof job->packet);
	rtc_rtp_write_header(job->packet, PAYLOAD_TYPE, SSRC, 0, "");
	job->send = sendBare;
}

static void closeBare(job *job)
{
	srtp_dealloc(job->session);
	close(job->fd);
}

static void waitForTurn(job *job)
{
	uint64_t now = rtc_now(), interval = 1000000ull * job->options->unit / job->options->rate;
	if (!job->next)
		job->next = now;
	if (job->next > now)
		usleep((useconds_t)(job->next - now));
	job->next += interval;
}

// Its own function, and not inlined, so that callgrind can be told to count its instructions only.
__attribute__((noinline)) void measured(job *job)
{
	for (uint32_t sent = 0; sent < job->options->packets; sent += job->options->unit) {
		if (job->options->rate)
			waitForTurn(job);
		job->send(job);
	}
}

static double cpuSeconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// A socket of a type, bound to a port of loopback; 0: any, which *port is then.
static int openDrain(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, type, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(fd < 0 || bind(fd, (struct sockaddr *)&address, size), "bind");
	check(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
	*port = ntohs(address.sin_port);
	return fd;
}

// Takes in datagrams, and what one connection at a time brings.
static void drain(void)
{
	static uint8_t buffer[65536];
	uint16_t port = 0;
	int space = RTC_RECEIVE_BUFFER;
	struct pollfd polled[3] = {{.events = POLLIN}, {.events = POLLIN}, {.fd = -1, .events = POLLIN}};
	polled[0].fd = openDrain(SOCK_DGRAM, &port);
	polled[1].fd = openDrain(SOCK_STREAM, &port);
	check(setsockopt(polled[0].fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof space), "SO_RCVBUF");
	check(listen(polled[1].fd, 1), "listen");
	printf("%d\n", port);
	fflush(stdout);
	while (poll(polled, 3, -1) > 0) {
		if (polled[0].revents)
			(void)!recv(polled[0].fd, buffer, sizeof buffer, 0);
		if (polled[2].revents && recv(polled[2].fd, buffer, sizeof buffer, 0) <= 0) {
			close(polled[2].fd);
			polled[2].fd = -1;
		}
		if (polled[1].revents && polled[2].fd < 0)
			polled[2].fd = accept(polled[1].fd, NULL, NULL);
	}
}

static int parse(options *options, int count, char **words)
{
	if (count < 5 || (strcmp(words[1], "ours") && strcmp(words[1], "bare")))
		return -1;
	options->ours = words[1][0] == 'o';
	options->port = (uint16_t)atoi(words[2]);
	options->packets = (uint32_t)atoi(words[3]);
	options->unit = (uint32_t)atoi(words[4]);
	options->profile = RTC_SRTP_AES128_CM_SHA1_80;
	for (int i = 5; i < count; i++) {
		if (!strcmp(words[i], "nogso"))
			options->noSegmentation = 1;
		else if (!strcmp(words[i], "gcm"))
			options->profile = RTC_SRTP_AEAD_AES_128_GCM;
		else if (!strcmp(words[i], "relay=channel"))
			options->relay = CHANNEL;
		else if (!strcmp(words[i], "relay=indication"))
			options->relay = INDICATION;
		else if (!strcmp(words[i], "relay=tcp"))
			options->relay = TCP;
		else if (!strncmp(words[i], "rate=", 5))
			options->rate = (uint32_t)atoi(words[i] + 5);
		else
			return -1;
	}
	return options->port && options->packets && options->unit ? 0 : -1;
}

int main(int count, char **words)
{
	static options options;
	static job job;
	if (count == 2 && !strcmp(words[1], "drain")) {
		drain();
		return 0;
	}
	if (parse(&options, count, words)) {
		fprintf(stderr, "usage: send drain | ours|bare PORT PACKETS UNIT [nogso] [gcm] [rate=N] [relay=HOW]\n");
		return 2;
	}
	job.options = &options;
	(options.ours ? openOurs : openBare)(&job);
	job.send(&job); // what is done once, is done
	double before = cpuSeconds();
	measured(&job);
	printf("%.6f\n", cpuSeconds() - before);
	(options.ours ? closeOurs : closeBare)(&job);
	return 0;
}
