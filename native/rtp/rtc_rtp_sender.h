// SPDX-License-Identifier: Apache-2.0
// RTP of one outgoing track to one peer: frames in, a stream of the peer's session out. A sink.
#ifndef RTC_RTP_SENDER_H
#define RTC_RTP_SENDER_H

#include "rtc_rtp_session.h"

typedef struct rtc_rtp_sender rtc_rtp_sender;

// Retains `session`. NULL with *error EINVAL, ENOMEM, ENOSPC (the session has its RTC_RTP_STREAMS) or EIO (no
// randomness).
rtc_rtp_sender *rtc_rtp_sender_new(const rtc_rtp_stream_options *options, rtc_rtp_session *session, int *error);
rtc_sink *rtc_rtp_sender_sink(rtc_rtp_sender *sender);
void rtc_rtp_sender_get_statistics(rtc_rtp_sender *sender, rtc_rtp_stream_statistics *statistics); // any thread
// Sends another codec, payload type or MID from the next frame on; the SSRC, its sequence numbers and the CNAME go on.
// 0 or EINVAL.
int rtc_rtp_sender_change(rtc_rtp_sender *sender, const rtc_rtp_stream_options *options);
// Disconnects it, sends BYE, and gives the reference back.
void rtc_rtp_sender_close(rtc_rtp_sender *sender);

#endif
