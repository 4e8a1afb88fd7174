// SPDX-License-Identifier: Apache-2.0
#include "rtc_certificate_xs.h"

#define DER_MAXIMUM 4096 // an RSA certificate and key of 4096 bits have about 1.3 and 2.4 KB

void xs_rtc_certificate_destructor(void *data)
{
	rtc_certificate_release(data);
}

static const xsHostHooks hooks = {xs_rtc_certificate_destructor, NULL, NULL};

rtc_certificate *rtc_certificate_from_xs(xsMachine *the, xsSlot *slot)
{
	return rtc_xs_host(the, slot, &hooks, "certificate");
}

// The pointers are taken last: nothing may move the buffers before they are read.
static rtc_certificate *parse(xsMachine *the, xsSlot *from)
{
	void *certificate, *key;
	xsUnsignedValue certificateSize, keySize;
	int error;
	if (xsmcTypeOf(*from) != xsReferenceType)
		xsTypeError("from: not an object");
	xsmcGet(xsVar(0), *from, xsID_certificate);
	xsmcGet(xsVar(1), *from, xsID_privateKey);
	xsmcGetBufferReadable(xsVar(0), &certificate, &certificateSize);
	xsmcGetBufferReadable(xsVar(1), &key, &keySize);
	rtc_certificate *it = rtc_certificate_parse(certificate, certificateSize, key, keySize, &error);
	if (!it) {
		char text[128];
		rtc_dtls_error_text(error, text, sizeof text);
		xsTypeError("from: not a certificate with its key: %s", text);
	}
	return it;
}

void xs_rtc_certificate(xsMachine *the)
{
	int error;
	rtc_certificate *it;
	xsmcVars(2);
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType)
		it = parse(the, &xsArg(0));
	else
		it = rtc_certificate_generate(&error);
	if (!it) {
		char text[128];
		rtc_dtls_error_text(error, text, sizeof text);
		rtc_xs_throw(the, "peer/out-of-resources", text);
	}
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
}

void xs_rtc_certificate_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	rtc_certificate *it = rtc_certificate_from_xs(the, &xsThis);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	rtc_certificate_release(it);
}

void xs_rtc_certificate_get_fingerprint(xsMachine *the)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[3 * RTC_FINGERPRINT_SIZE];
	const uint8_t *bytes = rtc_certificate_fingerprint(rtc_certificate_from_xs(the, &xsThis));
	for (int i = 0; i < RTC_FINGERPRINT_SIZE; i++) {
		text[3 * i] = digits[bytes[i] >> 4];
		text[3 * i + 1] = digits[bytes[i] & 15];
		text[3 * i + 2] = ':';
	}
	text[sizeof text - 1] = 0;
	xsmcSetString(xsResult, text);
}

static void export(xsMachine *the, rtc_certificate *it, uint8_t *der)
{
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	size_t size = rtc_certificate_write(it, der, DER_MAXIMUM);
	if (size) {
		xsmcSetArrayBuffer(xsVar(0), der, (xsIntegerValue)size);
		xsmcSet(xsResult, xsID_certificate, xsVar(0));
		size = rtc_certificate_write_key(it, der, DER_MAXIMUM);
	}
	if (!size)
		xsRangeError("certificate: larger than %d bytes", DER_MAXIMUM);
	xsmcSetArrayBuffer(xsVar(0), der, (xsIntegerValue)size);
	xsmcSet(xsResult, xsID_privateKey, xsVar(0));
}

static void release(uint8_t *der)
{
	rtc_wipe(der, DER_MAXIMUM); // it held the key
	rtc_free(der);
}

void xs_rtc_certificate_export(xsMachine *the)
{
	rtc_certificate *it = rtc_certificate_from_xs(the, &xsThis);
	uint8_t *der = rtc_calloc(1, DER_MAXIMUM); // the machine's stack has 10 KB on a device
	if (!der)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory");
	xsTry
	{
		export(the, it, der);
	}
	xsCatch
	{
		release(der);
		xsThrow(xsException);
	}
	release(der);
}
