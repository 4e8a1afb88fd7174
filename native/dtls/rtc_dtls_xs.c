// SPDX-License-Identifier: Apache-2.0
#include "rtc_certificate_xs.h"
#include "rtc_dtls_xs.h"
#include "rtc_srtp_xs.h"
#include "rtc_transport_xs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT 30000 // milliseconds
#define TIMEOUT_MAXIMUM 600000

typedef struct {
	xsSlot object;
	xsSlot *onState;
	rtc_poster *poster;
	rtc_dtls *dtls;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onState)
		(*markRoot)(the, it->onState);
}

void xs_rtc_dtls_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->dtls)
		rtc_dtls_close(it->dtls); // it posts no more
	rtc_poster_close(it->poster);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_dtls_destructor, mark, NULL};

static binding *self(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "Dtls");
}

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	rtcEnter(machine);
	xsCallFunction0(xsReference(it->onState), xsAccess(it->object));
	rtcLeave(machine);
}

static void post(void *context)
{
	rtc_poster_post(((binding *)context)->poster);
}

static int roleOption(xsMachine *the)
{
	char role[8];
	rtc_xs_string(the, &xsArg(0), xsID_role, "role", role, sizeof role, 1);
	int isClient = !strcmp(role, "client");
	if (!isClient && strcmp(role, "server"))
		xsRangeError("role: neither client nor server");
	return isClient;
}

// Uses xsVar(0) and xsVar(1). Algorithms that are not taken are passed over, unless no other is there.
static void fingerprintsOption(xsMachine *the, rtc_dtls_options *options)
{
	char algorithm[16], value[3 * sizeof options->fingerprints[0].value];
	xsmcGet(xsVar(0), xsArg(0), xsID_fingerprints);
	if (xsmcTypeOf(xsVar(0)) != xsReferenceType)
		xsTypeError("fingerprints: not an array");
	xsmcGet(xsVar(1), xsVar(0), xsID_length);
	xsIntegerValue length = xsmcToInteger(xsVar(1));
	for (xsIntegerValue i = 0; i < length && options->fingerprintCount < RTC_DTLS_FINGERPRINTS; i++) {
		xsmcGetIndex(xsVar(1), xsVar(0), (xsUnsignedValue)i);
		rtc_xs_string(the, &xsVar(1), xsID_algorithm, "fingerprints: algorithm", algorithm, sizeof algorithm, 1);
		rtc_xs_string(the, &xsVar(1), xsID_value, "fingerprints: value", value, sizeof value, 1);
		int error = rtc_fingerprint_parse(&options->fingerprints[options->fingerprintCount], algorithm, value);
		if (error == EINVAL)
			xsRangeError("fingerprints: %s: malformed", algorithm);
		if (!error)
			options->fingerprintCount++;
	}
	if (!options->fingerprintCount)
		xsRangeError("fingerprints: none of sha-256, sha-384 or sha-512");
}

static void readOptions(xsMachine *the, rtc_dtls_options *options)
{
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	options->isClient = roleOption(the);
	options->timeout =
		(uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_timeout, "timeout", 1, TIMEOUT_MAXIMUM, TIMEOUT_DEFAULT);
	fingerprintsOption(the, options);
	xsmcGet(xsVar(0), xsArg(0), xsID_path);
	options->path = rtc_path_from_xs(the, &xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID_srtp);
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType)
		options->srtp = rtc_srtp_from_xs(the, &xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID_certificate);
	options->certificate = rtc_certificate_from_xs(the, &xsVar(0));
}

static void fail(xsMachine *the, binding *it, int error)
{
	char text[128];
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_dtls_destructor(it);
	rtc_dtls_error_text(error, text, sizeof text);
	rtc_xs_throw(the, "peer/out-of-resources", text);
}

void xs_rtc_dtls(xsMachine *the)
{
	rtc_dtls_options options = {0};
	int error;
	xsmcVars(2);
	readOptions(the, &options);
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onState = rtc_xs_callback(the, &xsArg(0), xsID_onState, "onState");
	if (!it->onState)
		xsTypeError("onState: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	options.onState = post;
	options.context = it;
	it->dtls = rtc_dtls_new(&options, &error);
	if (!it->dtls)
		fail(the, it, error);
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_dtls_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = self(the);
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_dtls_destructor(it);
}

void xs_rtc_dtls_start(xsMachine *the)
{
	uint32_t roundTrip = 0;
	binding *it = self(the);
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType) {
		double milliseconds = xsmcToNumber(xsArg(0));
		if (!(milliseconds >= 0 && milliseconds <= TIMEOUT_MAXIMUM))
			xsRangeError("roundTrip: not from 0 to %d", TIMEOUT_MAXIMUM);
		roundTrip = (uint32_t)milliseconds;
	}
	if (rtc_dtls_start(it->dtls, roundTrip))
		xsUnknownError("already started");
}

void xs_rtc_dtls_setSrtp(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("srtp: missing");
	int error = rtc_dtls_set_srtp(self(the)->dtls, rtc_srtp_from_xs(the, &xsArg(0)));
	if (error == ENOPROTOOPT)
		rtc_xs_throw(the, "dtls/no-srtp-profile", "no common SRTP protection profile");
	if (error == EALREADY)
		xsRangeError("srtp: another has the keys");
	if (error)
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
}

rtc_dtls *rtc_dtls_from_xs(xsMachine *the, xsSlot *slot)
{
	return ((binding *)rtc_xs_host(the, slot, &hooks, "dtls"))->dtls;
}

void xs_rtc_dtls_get_state(xsMachine *the)
{
	static const char *const names[] = {
		[RTC_DTLS_NEW] = "new",       [RTC_DTLS_CONNECTING] = "connecting", [RTC_DTLS_CONNECTED] = "connected",
		[RTC_DTLS_CLOSED] = "closed", [RTC_DTLS_FAILED] = "failed",
	};
	xsmcSetStringX(xsResult, (char *)names[rtc_dtls_get_state(self(the)->dtls)]);
}

void xs_rtc_dtls_get_reason(xsMachine *the)
{
	static const char *const codes[] = {
		[RTC_DTLS_OK] = "",
		[RTC_DTLS_FINGERPRINT_MISMATCH] = "dtls/fingerprint-mismatch",
		[RTC_DTLS_HANDSHAKE_FAILED] = "dtls/handshake-failed",
		[RTC_DTLS_TIMEOUT] = "dtls/timeout",
		[RTC_DTLS_NO_SRTP_PROFILE] = "dtls/no-srtp-profile",
		[RTC_DTLS_NO_MEMORY] = "peer/out-of-resources",
	};
	xsmcSetStringX(xsResult, (char *)codes[rtc_dtls_get_reason(self(the)->dtls)]);
}

void xs_rtc_dtls_get_message(xsMachine *the)
{
	rtc_dtls *dtls = self(the)->dtls;
	char text[128];
	switch (rtc_dtls_get_reason(dtls)) {
	case RTC_DTLS_FINGERPRINT_MISMATCH:
		xsmcSetStringX(xsResult, "the remote certificate is not the one that was signaled");
		break;
	case RTC_DTLS_TIMEOUT:
		xsmcSetStringX(xsResult, "the handshake did not end in time");
		break;
	case RTC_DTLS_NO_SRTP_PROFILE:
		xsmcSetStringX(xsResult, "no common SRTP protection profile");
		break;
	default:
		rtc_dtls_error_text(rtc_dtls_error(dtls), text, sizeof text);
		xsmcSetString(xsResult, text);
	}
}

void xs_rtc_dtls_get_cipherSuite(xsMachine *the)
{
	xsmcSetString(xsResult, (char *)rtc_dtls_cipher_suite(self(the)->dtls));
}
