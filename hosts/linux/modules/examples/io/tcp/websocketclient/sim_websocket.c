// SPDX-License-Identifier: Apache-2.0
// What RFC 6455 asks of a WebSocket client and is better done in C.
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <glib.h>
#include <sys/random.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// (count): that many unpredictable bytes, for keys and masks.
void xs_sim_websocket_random(xsMachine *the)
{
	uint8_t bytes[16];
	int count = xsmcToInteger(xsArg(0));
	if (count < 0 || (size_t)count > sizeof(bytes) || getrandom(bytes, (size_t)count, 0) != count)
		xsUnknownError("no random bytes");
	xsmcSetArrayBuffer(xsResult, bytes, count);
}

// (bytes): their base64, for Sec-WebSocket-Key.
void xs_sim_websocket_key(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	char *text = g_base64_encode(bytes, size);
	xsmcSetString(xsResult, text);
	g_free(text);
}

// (key): the Sec-WebSocket-Accept that answers it (section 4.2.2).
void xs_sim_websocket_accept(xsMachine *the)
{
	uint8_t digest[20];
	gsize size = sizeof(digest);
	GChecksum *sha1 = g_checksum_new(G_CHECKSUM_SHA1);
	g_checksum_update(sha1, (const guchar *)xsmcToString(xsArg(0)), -1);
	g_checksum_update(sha1, (const guchar *)GUID, -1);
	g_checksum_get_digest(sha1, digest, &size);
	g_checksum_free(sha1);
	char *text = g_base64_encode(digest, size);
	xsmcSetString(xsResult, text);
	g_free(text);
}

// (data, mask, offset): masks or unmasks in place; `offset` is the place of data's first byte in the frame
// (section 5.3).
void xs_sim_websocket_mask(xsMachine *the)
{
	void *data, *mask;
	xsUnsignedValue size, maskSize;
	uint32_t offset = (uint32_t)xsmcToInteger(xsArg(2));
	xsmcGetBufferReadable(xsArg(1), &mask, &maskSize);
	xsmcGetBufferWritable(xsArg(0), &data, &size);
	if (maskSize != 4)
		xsUnknownError("invalid mask");
	for (xsUnsignedValue i = 0; i < size; i++)
		((uint8_t *)data)[i] ^= ((const uint8_t *)mask)[(offset + i) & 3];
}
