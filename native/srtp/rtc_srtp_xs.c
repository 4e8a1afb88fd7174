// SPDX-License-Identifier: Apache-2.0
#include "rtc_srtp_xs.h"
#include "rtc_transport_xs.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	xsSlot object;
	rtc_srtp *srtp;
} binding;

void xs_rtc_srtp_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->srtp) {
		rtc_srtp_close(it->srtp); // others may hold it still
		rtc_srtp_release(it->srtp);
	}
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_srtp_destructor, NULL, NULL};

rtc_srtp *rtc_srtp_from_xs(xsMachine *the, xsSlot *slot)
{
	return ((binding *)rtc_xs_host(the, slot, &hooks, "srtp"))->srtp;
}

void xs_rtc_srtp(xsMachine *the)
{
	int error;
	if (xsmcArgc < 1)
		xsTypeError("path: missing");
	rtc_path *path = rtc_path_from_xs(the, &xsArg(0));
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	it->srtp = rtc_srtp_new(path, &error);
	if (!it->srtp) {
		free(it);
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
	}
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_srtp_prepare(xsMachine *the)
{
	(void)the;
	rtc_srtp_prepare();
}

void xs_rtc_srtp_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = rtc_xs_host(the, &xsThis, &hooks, "Srtp");
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_srtp_destructor(it);
}

void xs_rtc_srtp_reset(xsMachine *the)
{
	rtc_srtp_reset(rtc_srtp_from_xs(the, &xsThis));
}

// Names of the registry of DTLS-SRTP protection profiles.
static const char *profileName(uint16_t profile)
{
	switch (profile) {
	case RTC_SRTP_AES128_CM_SHA1_80:
		return "SRTP_AES128_CM_HMAC_SHA1_80";
	case RTC_SRTP_AEAD_AES_128_GCM:
		return "SRTP_AEAD_AES_128_GCM";
	default:
		return "";
	}
}

void xs_rtc_srtp_statistics(xsMachine *the)
{
	rtc_srtp_statistics counted;
	rtc_srtp_get_statistics(rtc_srtp_from_xs(the, &xsThis), &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_unprotectFailed, (double)counted.unprotectFailed);
	rtc_xs_set_number(the, xsID_replayed, (double)counted.replayed);
	rtc_xs_set_number(the, xsID_ssrcRefused, (double)counted.ssrcRefused);
	rtc_xs_set_number(the, xsID_protectFailed, (double)counted.protectFailed);
	xsmcSetStringX(xsVar(0), (char *)profileName(counted.profile));
	xsmcSet(xsResult, xsID_profile, xsVar(0));
}
