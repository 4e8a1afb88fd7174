// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_session_xs.h"
#include "rtc_rtp_cache.h"
#include "rtc_srtp_xs.h"
#include "rtc_transport_xs.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	xsSlot object;
	rtc_rtp_session *session;
} binding;

void xs_rtc_rtp_session_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->session) {
		rtc_rtp_session_close(it->session); // senders may hold it still
		rtc_rtp_session_release(it->session);
	}
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_rtp_session_destructor, NULL, NULL};

rtc_rtp_session *rtc_rtp_session_from_xs(xsMachine *the, xsSlot *slot)
{
	return ((binding *)rtc_xs_host(the, slot, &hooks, "session"))->session;
}

void xs_rtc_rtp_session(xsMachine *the)
{
	int error;
	if (xsmcArgc < 1)
		xsTypeError("srtp: missing");
	rtc_srtp *srtp = rtc_srtp_from_xs(the, &xsArg(0));
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	it->session = rtc_rtp_session_new(srtp, &error);
	if (!it->session) {
		free(it);
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
	}
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_rtp_configure(xsMachine *the)
{
	double bytes = xsmcArgc > 0 ? xsmcToNumber(xsArg(0)) : -1,
		   milliseconds = xsmcArgc > 1 ? xsmcToNumber(xsArg(1)) : -1;
	if (!(bytes >= 0 && bytes <= RTC_RTP_CACHE_MAXIMUM))
		xsRangeError("bytes: not from 0 to %d", RTC_RTP_CACHE_MAXIMUM);
	if (!(milliseconds >= 0 && milliseconds <= 10000))
		xsRangeError("milliseconds: not from 0 to 10000");
	if (rtc_rtp_cache_configure((uint32_t)bytes, (uint32_t)milliseconds))
		xsRangeError("bytes: 0, or %d at least", RTC_RTP_CACHE_MINIMUM);
}

void xs_rtc_rtp_session_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = rtc_xs_host(the, &xsThis, &hooks, "RtpSession");
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_rtp_session_destructor(it);
}

void xs_rtc_rtp_session_statistics(xsMachine *the)
{
	rtc_rtp_session_statistics counted;
	rtc_rtp_session_get_statistics(rtc_rtp_session_from_xs(the, &xsThis), &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsReceived, (double)counted.packetsReceived);
	rtc_xs_set_number(the, xsID_unrouted, (double)counted.unrouted);
	rtc_xs_set_number(the, xsID_receiverBitrate, (double)counted.receiverBitrate);
	rtc_xs_set_number(the, xsID_availableBitrate, (double)counted.availableBitrate);
	rtc_xs_set_number(the, xsID_incomingBitrate, (double)counted.incomingBitrate);
	rtc_xs_set_number(the, xsID_pacing, (double)counted.pacing);
	rtc_xs_set_number(the, xsID_queuedBytes, (double)counted.queuedBytes);
	rtc_xs_set_number(the, xsID_feedbackReceived, (double)counted.feedbackReceived);
	rtc_xs_set_number(the, xsID_overuses, (double)counted.overuses);
	rtc_xs_set_number(the, xsID_probes, (double)counted.probes);
	rtc_xs_set_number(the, xsID_loss, counted.loss);
	rtc_xs_set_number(the, xsID_byes, (double)counted.byes);
	rtc_xs_set_number(the, xsID_malformedRtcp, (double)counted.malformedRtcp);
	rtc_xs_set_number(the, xsID_unknownRtcp, (double)counted.unknownRtcp);
}
