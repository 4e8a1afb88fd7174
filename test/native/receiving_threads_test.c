// SPDX-License-Identifier: Apache-2.0
// Pictures that come by the network thread, while the machine's connects sinks and takes them away, asks, and closes at
// any moment: for the thread sanitizer.
#include <arpa/inet.h>
#include <setjmp.h>
#include <srtp2/srtp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_payload.h"
#include "rtc_rtp_receiver.h"

#define ROUNDS 4
#define SINKS 20 // that come and go in each

static uint8_t material[RTC_SRTP_MATERIAL];
static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};

typedef struct {
	int fd;
	struct sockaddr_in to;
	atomic_int ends;
} peer;

typedef struct {
	rtc_sink sink;
	rtc_frame *kept;
	atomic_uint frames;
} watcher;

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	watcher *it = (watcher *)sink;
	rtc_frame_release(it->kept);
	it->kept = rtc_frame_retain(frame);
	atomic_fetch_add(&it->frames, 1);
}

static void destroyWatcher(rtc_sink *sink)
{
	rtc_frame_release(((watcher *)sink)->kept);
	free(sink);
}

// Key frames, each a packet, as fast as they are taken, of which one of eight is missing.
static void *sendPictures(void *argument)
{
	static const uint8_t picture[] = {24, 0, 4, 0x67, 1, 2, 3, 0, 3, 0x68, 4, 5, 0, 2, 0x65, 0x88}; // STAP-A
	peer *it = argument;
	uint8_t key[30];
	srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = key, .window_size = 1024};
	srtp_t out;
	memcpy(key, material + 16, 16); // the server's
	memcpy(key + 16, material + 32 + 14, 14);
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
	if (srtp_create(&out, &policy) != srtp_err_status_ok)
		return NULL;
	for (uint16_t i = 0; !atomic_load(&it->ends); i++, usleep(300)) {
		uint8_t data[64] = {0x80, 100};
		int size = RTC_RTP_HEADER + sizeof picture;
		rtc_rtp_stamp(data, 1, i, i * 3000u);
		rtc_rtp_put32(data + 8, 7);
		memcpy(data + RTC_RTP_HEADER, picture, sizeof picture);
		if (i % 8 != 5 && srtp_protect(out, data, &size) == srtp_err_status_ok)
			(void)!sendto(it->fd, data, (size_t)size, 0, (struct sockaddr *)&it->to, sizeof it->to);
	}
	srtp_dealloc(out);
	return NULL;
}

static void watch(rtc_rtp_receiver *receiver, unsigned sinks)
{
	rtc_rtp_receiver_statistics statistics;
	for (unsigned i = 0; i < sinks; i++) {
		watcher *it = calloc(1, sizeof *it);
		rtc_sink_init(&it->sink, destroyWatcher, onFrame);
		assert_int_equal(rtc_source_connect(rtc_rtp_receiver_source(receiver), &it->sink), 0);
		for (unsigned j = 0; j < 500 && (i % 4 == 0) && !atomic_load(&it->frames); j++)
			usleep(1000);
		rtc_sink_request_key_frame(&it->sink);
		rtc_rtp_receiver_get_statistics(receiver, &statistics);
		if (i != sinks - 1) // the last is there when the receiver goes
			rtc_sink_disconnect(&it->sink);
		rtc_sink_release(&it->sink);
	}
	assert_true(statistics.packetsReceived > 0);
}

static void aRound(void)
{
	int error;
	rtc_address from;
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof own;
	pthread_t thread;
	peer sender = {.fd = socket(AF_INET, SOCK_DGRAM, 0), .to = own};
	assert_int_equal(bind(sender.fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(sender.fd, (struct sockaddr *)&own, &size), 0);
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	assert_non_null(transport);
	sender.to.sin_port = htons(rtc_transport_port(transport));
	rtc_address_parse(&from, "127.0.0.1", ntohs(own.sin_port));
	rtc_path *path = rtc_path_new(transport);
	rtc_path_select(path, &from);
	rtc_srtp *srtp = rtc_srtp_new(path, &error);
	assert_int_equal(rtc_srtp_set_keys(srtp, RTC_SRTP_AES128_CM_SHA1_80, material, 60, 1), 0);
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	const rtc_rtp_receiver_options options = {.isVideo = 1,
											  .formatCount = 1,
											  .formats = {{.payloadType = 100, .codec = &h264}},
											  .ssrc = 1,
											  .cname = "here",
											  .feedback = RTC_RTP_PICTURES_NACK | RTC_RTP_PICTURES_PLI,
											  .isReducedSize = 1};
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_new(&options, session, NULL, NULL, &error);
	assert_non_null(receiver);
	assert_int_equal(pthread_create(&thread, NULL, sendPictures, &sender), 0);
	watch(receiver, SINKS);
	rtc_rtp_receiver_close(receiver); // while packets come
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	rtc_srtp_release(srtp);
	rtc_path_release(path);
	rtc_transport_close(transport);
	atomic_store(&sender.ends, 1);
	pthread_join(thread, NULL);
	close(sender.fd);
}

static void receiversComeAndGo(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof material; i++)
		material[i] = (uint8_t)(i + 1);
	rtc_srtp_prepare();
	for (int i = 0; i < ROUNDS; i++)
		aRound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(receiversComeAndGo)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
