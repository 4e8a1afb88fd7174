// SPDX-License-Identifier: Apache-2.0
// Pictures to two viewers over sockets, with all threads that there are: the source's, the network's with feedback and
// repairs, one that reads statistics and changes options; and a viewer that goes meanwhile. For the thread sanitizer.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_payload.h"
#include "rtc_port.h"
#include "rtc_rtcp.h"
#include "rtc_rtp_sender.h"
#include "rtc_twcc_log.h"

#define VIEWERS 2
#define FRAMES 400
#define LARGEST 6000 // bytes of a frame
#define LOST 20      // one of so many packets
#define SSRC 0x11223344
#define RTX_SSRC 0x55667788
#define VIEWER_SSRC 0x99aabbcc
#define SEQUENCE_ID 3

static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};

typedef struct {
	rtc_transport *transport;
	rtc_path *path;
	rtc_srtp *srtp;
} end;

// What a viewer has seen, on its network thread.
typedef struct {
	end end;
	rtc_twcc_log log;
	uint32_t packets;
	atomic_uint repaired;
} viewer;

typedef struct {
	rtc_source source;
	atomic_int keyFrameRequests, bitrates;
	viewer viewers[VIEWERS];
	end ends[VIEWERS]; // the device's
	rtc_rtp_session *sessions[VIEWERS];
	rtc_rtp_sender *senders[VIEWERS];
	atomic_int delivered;
} fixture;

static void keepSource(rtc_source *source)
{
	(void)source;
}

static void keepFrame(rtc_frame *frame)
{
	(void)frame;
}

static void onKeyFrame(rtc_source *source)
{
	atomic_fetch_add(&((fixture *)source)->keyFrameRequests, 1);
}

static void onBitrate(rtc_source *source, uint32_t bitsPerSecond)
{
	assert_true(bitsPerSecond > 0);
	atomic_fetch_add(&((fixture *)source)->bitrates, 1);
}

static void say(viewer *it, size_t (*write)(viewer *, uint8_t *, uint16_t), uint16_t sequence)
{
	rtc_srtp_transmit *transmit = rtc_srtp_begin(it->end.srtp);
	if (!transmit)
		return;
	size_t size = write(it, rtc_srtp_buffer(transmit), sequence);
	if (size)
		rtc_srtp_commit(transmit, size, 1);
	rtc_srtp_end(transmit);
}

static size_t nack(viewer *it, uint8_t *buffer, uint16_t sequence)
{
	(void)it;
	rtc_rtcp_nack entry = {.packet = sequence, .following = 1};
	return rtc_rtcp_write_nack(buffer, VIEWER_SSRC, SSRC, &entry, 1);
}

static size_t pli(viewer *it, uint8_t *buffer, uint16_t sequence)
{
	(void)it;
	(void)sequence;
	return rtc_rtcp_write_pli(buffer, VIEWER_SSRC, SSRC);
}

static size_t arrivals(viewer *it, uint8_t *buffer, uint16_t sequence)
{
	(void)sequence;
	return rtc_twcc_log_write(&it->log, buffer, 1000, VIEWER_SSRC, SSRC, rtc_now());
}

static void onRtp(void *context, const uint8_t *data, size_t size)
{
	viewer *it = context;
	rtc_rtp_packet packet;
	size_t length = 0;
	assert_int_equal(rtc_rtp_parse(&packet, data, size), 0);
	const uint8_t *number = rtc_rtp_find_extension(&packet, SEQUENCE_ID, &length);
	assert_true(number && length == 2);
	if (packet.ssrc == RTX_SSRC)
		atomic_fetch_add(&it->repaired, 1);
	if (++it->packets % LOST == 0 && packet.ssrc == SSRC)
		say(it, nack, packet.sequence);
	else
		rtc_twcc_log_take(&it->log, rtc_rtp_get16(number), rtc_now());
	say(it, arrivals, 0);
	if (it->packets % 200 == 0)
		say(it, pli, 0);
}

static void onRtcp(void *context, const uint8_t *data, size_t size)
{
	(void)context;
	(void)data;
	assert_true(size >= 8);
}

static void open(end *it)
{
	int error;
	it->transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	assert_non_null(it->transport);
	it->path = rtc_path_new(it->transport);
	it->srtp = rtc_srtp_new(it->path, &error);
	assert_non_null(it->srtp);
}

static void aim(end *from, const end *to, int isClient)
{
	rtc_address address;
	uint8_t material[RTC_SRTP_MATERIAL];
	for (size_t i = 0; i < sizeof material; i++)
		material[i] = (uint8_t)(i + 1);
	assert_int_equal(rtc_address_parse(&address, "127.0.0.1", rtc_transport_port(to->transport)), 0);
	assert_int_equal(rtc_path_select(from->path, &address), 0);
	size_t size = rtc_srtp_material_size(RTC_SRTP_AES128_CM_SHA1_80);
	assert_int_equal(rtc_srtp_set_keys(from->srtp, RTC_SRTP_AES128_CM_SHA1_80, material, size, isClient), 0);
}

static void shut(end *it)
{
	rtc_srtp_close(it->srtp);
	rtc_srtp_release(it->srtp);
	rtc_path_release(it->path);
	rtc_transport_close(it->transport);
}

static void connect(fixture *f, int i)
{
	int error;
	viewer *it = &f->viewers[i];
	open(&f->ends[i]);
	open(&it->end);
	rtc_rtp_stream_options options = {.codec = &h264,
									  .payloadType = 96,
									  .packetizationMode = 1,
									  .ssrc = SSRC,
									  .cname = "threads",
									  .ids = {.transportSequence = SEQUENCE_ID, .sendTime = 2},
									  .rtxSsrc = RTX_SSRC,
									  .rtxPayloadType = 97};
	assert_int_equal(rtc_srtp_add_handler(it->end.srtp, onRtp, onRtcp, NULL, it), 0);
	f->sessions[i] = rtc_rtp_session_new(f->ends[i].srtp, &error);
	assert_non_null(f->sessions[i]);
	f->senders[i] = rtc_rtp_sender_new(&options, f->sessions[i], &error);
	assert_non_null(f->senders[i]);
	assert_int_equal(rtc_source_connect(&f->source, rtc_rtp_sender_sink(f->senders[i])), 0);
	aim(&it->end, &f->ends[i], 0);
	aim(&f->ends[i], &it->end, 1);
}

static void disconnect(fixture *f, int i)
{
	rtc_rtp_sender_close(f->senders[i]);
	rtc_rtp_session_close(f->sessions[i]);
	rtc_rtp_session_release(f->sessions[i]);
	shut(&f->ends[i]);
	rtc_srtp_remove_handler(f->viewers[i].end.srtp, &f->viewers[i]);
	shut(&f->viewers[i].end);
}

static void *deliver(void *context)
{
	fixture *f = context;
	static const uint8_t start[] = {0, 0, 0, 1, 0x65};
	uint8_t *data = malloc(LARGEST);
	memset(data, 0x5a, LARGEST);
	memcpy(data, start, sizeof start);
	for (uint32_t i = 0; i < FRAMES; i++) {
		int isKey = i % 40 == 0;
		data[4] = isKey ? 0x65 : 0x41;
		rtc_frame frame = {.data = data,
						   .size = isKey ? LARGEST : 300 + i * 37 % 3000,
						   .serial = i + 1,
						   .time = rtc_now(),
						   .format = RTC_FORMAT_ENCODED,
						   .codec = &h264,
						   .key = (uint8_t)isKey,
						   .release = keepFrame};
		atomic_init(&frame.refs, 1);
		rtc_source_deliver(&f->source, &frame);
		atomic_fetch_add(&f->delivered, 1);
		usleep(3000);
	}
	free(data);
	return NULL;
}

static void threads(void **state)
{
	(void)state;
	pthread_t source;
	rtc_rtp_session_statistics session = {0};
	rtc_rtp_stream_statistics stream;
	fixture *f = calloc(1, sizeof *f);
	rtc_source_init(&f->source, keepSource);
	f->source.requestKeyFrame = onKeyFrame;
	f->source.setBitrate = onBitrate;
	for (int i = 0; i < VIEWERS; i++)
		connect(f, i);
	assert_int_equal(pthread_create(&source, NULL, deliver, f), 0);
	while (atomic_load(&f->delivered) < FRAMES / 2) {
		for (int i = 0; i < VIEWERS; i++) {
			rtc_rtp_session_get_statistics(f->sessions[i], &session);
			rtc_rtp_sender_get_statistics(f->senders[i], &stream);
			assert_true(session.loss >= 0 && stream.framesSent <= FRAMES);
		}
		usleep(500);
	}
	disconnect(f, 1); // while pictures go to it
	pthread_join(source, NULL);
	for (int waited = 0; waited < 5000 && !atomic_load(&f->viewers[0].repaired); waited++)
		usleep(1000);
	rtc_rtp_session_get_statistics(f->sessions[0], &session);
	rtc_rtp_sender_get_statistics(f->senders[0], &stream);
	print_message("%u frames, %u packets, %u sent again, %u feedback, %d rates\n", (unsigned)stream.framesSent,
				  (unsigned)stream.packetsSent, (unsigned)stream.retransmittedPacketsSent,
				  (unsigned)session.feedbackReceived, atomic_load(&f->bitrates));
	assert_true(stream.framesSent > FRAMES / 8 && stream.nackCount > 0 && stream.pliCount > 0);
	assert_true(stream.retransmittedPacketsSent > 0 && atomic_load(&f->viewers[0].repaired) > 0);
	assert_true(session.feedbackReceived > 0 && session.availableBitrate > 0 && atomic_load(&f->bitrates) > 0);
	assert_true(session.malformedRtcp == 0 && atomic_load(&f->keyFrameRequests) > 0);
	disconnect(f, 0);
	assert_int_equal(atomic_load(&f->source.refs), 1);
	rtc_source_release(&f->source);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(threads)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
