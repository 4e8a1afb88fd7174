// SPDX-License-Identifier: Apache-2.0
#include "rtc_candidate_address.h"
#include "rtc_sockets.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; // RFC 4291 section 2.5.5.2

static void setV4(rtc_address *address, const void *bytes)
{
	address->family = 4;
	memset(address->bytes, 0, sizeof address->bytes);
	memcpy(address->bytes, bytes, 4);
	address->scope = 0;
}

static void setV6(rtc_address *address, const void *bytes, uint32_t scope)
{
	if (!memcmp(bytes, mappedPrefix, sizeof mappedPrefix)) {
		setV4(address, (const uint8_t *)bytes + sizeof mappedPrefix);
		return;
	}
	address->family = 6;
	memcpy(address->bytes, bytes, 16);
	address->scope = scope;
}

static int isLinkLocal(const uint8_t *bytes)
{
	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

// An interface's name, or its index in decimal. 0 when there is none such.
static uint32_t parseScope(const char *text)
{
	uint32_t scope = if_nametoindex(text);
	if (scope == 0 && text[0] >= '1' && text[0] <= '9') {
		char *end;
		unsigned long value = strtoul(text, &end, 10);
		if (*end == 0 && value <= UINT32_MAX)
			scope = (uint32_t)value;
	}
	return scope;
}

int rtc_address_parse(rtc_address *address, const char *text, uint16_t port)
{
	char numeric[RTC_ADDRESS_TEXT];
	uint8_t bytes[16];
	uint32_t scope = 0;
	memset(address, 0, sizeof *address);
	size_t length = strlen(text);
	if (length >= sizeof numeric)
		return -1;
	memcpy(numeric, text, length + 1);
	char *percent = strchr(numeric, '%');
	if (percent) {
		*percent = 0;
		scope = parseScope(percent + 1);
		if (scope == 0)
			return -1;
	}
	if (!percent && inet_pton(AF_INET, numeric, bytes) == 1)
		setV4(address, bytes);
	else if (inet_pton(AF_INET6, numeric, bytes) == 1 && (!percent || isLinkLocal(bytes)))
		setV6(address, bytes, scope);
	else
		return -1;
	address->port = port;
	return 0;
}

void rtc_address_format(const rtc_address *address, char text[RTC_ADDRESS_TEXT])
{
	char name[IF_NAMESIZE];
	text[0] = 0;
	if (!inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->bytes, text, RTC_ADDRESS_TEXT) ||
		!address->scope)
		return;
	size_t length = strlen(text);
	if (if_indextoname(address->scope, name))
		snprintf(text + length, RTC_ADDRESS_TEXT - length, "%%%s", name);
	else
		snprintf(text + length, RTC_ADDRESS_TEXT - length, "%%%u", (unsigned)address->scope);
}

int rtc_address_equal(const rtc_address *a, const rtc_address *b)
{
	return a->port == b->port && a->family == b->family && a->relay == b->relay && a->scope == b->scope &&
		   !memcmp(a->bytes, b->bytes, a->family == 6 ? 16 : 4);
}

socklen_t rtc_address_to_socket(const rtc_address *address, rtc_sockaddr *to)
{
	memset(to, 0, sizeof *to);
	if (address->family == 6) {
		to->in6.sin6_family = AF_INET6;
		to->in6.sin6_port = htons(address->port);
		to->in6.sin6_scope_id = address->scope;
		memcpy(&to->in6.sin6_addr, address->bytes, 16);
		return sizeof to->in6;
	}
	to->in.sin_family = AF_INET;
	to->in.sin_port = htons(address->port);
	memcpy(&to->in.sin_addr, address->bytes, 4);
	return sizeof to->in;
}

void rtc_address_from_socket(rtc_address *address, const rtc_sockaddr *from)
{
	memset(address, 0, sizeof *address);
	if (from->any.sa_family == AF_INET6) {
		setV6(address, &from->in6.sin6_addr, from->in6.sin6_scope_id);
		address->port = ntohs(from->in6.sin6_port);
	} else {
		setV4(address, &from->in.sin_addr);
		address->port = ntohs(from->in.sin_port);
	}
}

int rtc_address_is_unicast(const rtc_address *address)
{
	static const uint8_t zero[16];
	if (!address->port)
		return 0;
	if (address->family == 4)
		return address->bytes[0] != 0 && address->bytes[0] < 224;
	return address->family == 6 && address->bytes[0] != 0xff && memcmp(address->bytes, zero, sizeof zero);
}

int rtc_address_is_candidate(const rtc_address *address)
{
	static const uint8_t zero[12];
	const uint8_t *bytes = address->bytes;
	if (address->family == 4)
		return bytes[0] != 0 && bytes[0] < 224;
	int compatible = !memcmp(bytes, zero, sizeof zero) && (bytes[12] || bytes[13] || bytes[14] || bytes[15] > 1);
	int unspecified = !memcmp(bytes, zero, sizeof zero) && !compatible && bytes[15] == 0;
	int siteLocal = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0;
	return !compatible && !unspecified && !siteLocal && !isLinkLocal(bytes) && bytes[0] != 0xff;
}
