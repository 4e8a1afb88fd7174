// SPDX-License-Identifier: Apache-2.0
#include "rtc_stream_layer_xs.h"
#include "rtc_tls.h"

#include <errno.h>
#include <string.h>

// PEM is to end with a zero, which a string has; a buffer is DER.
static void readAuthorities(xsMachine *the, rtc_tls_options *options)
{
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_authorities);
	if (!xsmcTest(xsVar(0)))
		return;
	if (xsmcTypeOf(xsVar(0)) == xsReferenceType) {
		void *bytes;
		xsUnsignedValue size;
		xsmcGetBufferReadable(xsVar(0), &bytes, &size);
		options->authorities = bytes;
		options->authoritiesSize = size;
	} else {
		options->authorities = xsmcToString(xsVar(0));
		options->authoritiesSize = strlen(options->authorities) + 1;
	}
}

void xs_rtc_tls(xsMachine *the)
{
	char serverName[RTC_TLS_NAME], protocol[RTC_TLS_PROTOCOL];
	rtc_tls_options options = {.serverName = serverName};
	int error;
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	rtc_xs_string(the, &xsArg(0), xsID_serverName, "serverName", serverName, sizeof serverName, 1);
	rtc_xs_string(the, &xsArg(0), xsID_protocol, "protocol", protocol, sizeof protocol, 0);
	if (*protocol)
		options.protocols = protocol;
	readAuthorities(the, &options); // last: nothing may move what it points to
	rtc_stream_layer *layer = rtc_tls_new(&options, &error);
	if (!layer && error == EINVAL)
		xsTypeError("serverName, authorities: not a name, or not certificates");
	if (!layer)
		rtc_xs_throw(the, "transport/failed", "no memory for TLS");
	rtc_stream_layer_to_xs(the, &xsThis, layer);
}
