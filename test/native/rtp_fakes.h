// SPDX-License-Identifier: Apache-2.0
// An SRTP session that keeps what is sent, a source that counts what it is asked for, and clocks that stand still.
#ifndef RTP_FAKES_H
#define RTP_FAKES_H

#include "rtc_payload.h"
#include "rtc_rtp_sender.h"

#define SSRC 0x11223344
#define SECOND 1000000u
#define FRAME 33333u
#define THEIRS 0, 0, 0, 1
#define OURS 0x11, 0x22, 0x33, 0x44

static const uint8_t pli[] = {0x81, 206, 0, 2, THEIRS, OURS};
static const uint8_t report[32] = {0x81, 201, 0, 7, THEIRS, OURS}; // all is well

#define FAKE_PACKETS 256

typedef struct {
	uint8_t data[RTC_MTU];
	size_t size;
	int isRtcp;
} fake_packet;

struct rtc_srtp {
	int refs, ready;
	int depth; // begins without their ends
	int begins;
	int most;        // packets of one run
	int run;         // of the present one
	int endsAfter;   // begins; 0: it does not end
	int full;        // refuses a handler
	int failing;     // commits fail
	uint32_t losing; // packets of the next burst that the transport cannot send
	uint8_t *buffer; // of RTC_MTU bytes
	fake_packet packets[FAKE_PACKETS];
	size_t count;
	rtc_srtp_handler rtp, rtcp;
	rtc_srtp_ready_handler onReady;
	void *context;
	rtc_task *task;
	int isGcm;
};

typedef struct {
	rtc_source source;
	int keyFrameRequests;
} fake_source;

extern uint64_t fakeNow, fakeNtp;
extern int fakeRandomFails;

rtc_srtp *fakeSrtp(int ready);
void fakeSetReady(rtc_srtp *srtp);
void fakeReceive(rtc_srtp *srtp, const uint8_t *packet, size_t size); // RTCP
void fakeReceiveRtp(rtc_srtp *srtp, const uint8_t *packet, size_t size);
void fakeRun(rtc_srtp *srtp, uint64_t until); // what the session has to do until then, on the clock of the test
void fakeSourceInit(fake_source *source);

// A sender with its session and source, at work.
typedef struct {
	rtc_srtp *srtp;
	rtc_rtp_session *session;
	rtc_rtp_sender *sender;
	fake_source source;
	rtc_frame frame;
	uint8_t data[6000];
	rtc_rtp_stream_statistics statistics;
} fixture;

extern const rtc_codec h264, opus, pcma; // without encoders
extern const rtc_rtp_stream_options video, audio;
fixture *begin(const rtc_rtp_stream_options *options, int ready);
void finish(fixture *f); // closes the sender, if that was not done, and checks that all references came back
void deliver(fixture *f, uint64_t time);
void picture(fixture *f, uint64_t time, int key, size_t size); // SPS, PPS and a slice of 1 + size bytes
void sound(fixture *f, uint64_t time, uint32_t size);
rtc_rtp_packet packetAt(const fixture *f, size_t index);
rtc_rtp_packet take(fixture *f); // forgets what was sent, and returns the last RTP packet of it

#endif
