// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "rtc_sockets.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "rtc_candidate_address.h"

#if defined(__linux__)
#define DEPRECATED 0x20 // linux/if_addr.h: IFA_F_DEPRECATED
#define TENTATIVE 0x40  // IFA_F_TENTATIVE: duplicate address detection is not over

// getifaddrs() does not tell an IPv6 address's flags, the kernel's table does: address, index, prefix, scope, flags.
static int isUsableV6(const rtc_address *address)
{
	FILE *table = fopen("/proc/net/if_inet6", "r");
	char digits[33], wanted[33];
	unsigned flags;
	int usable = 1;
	if (!table)
		return 1;
	for (int i = 0; i < 16; i++)
		snprintf(wanted + 2 * i, 3, "%02x", address->bytes[i]);
	while (fscanf(table, "%32s %*x %*x %*x %x %*s", digits, &flags) == 2)
		if (!strcmp(digits, wanted))
			usable = !(flags & (DEPRECATED | TENTATIVE));
	fclose(table);
	return usable;
}
#else
static int isUsableV6(const rtc_address *address)
{
	(void)address;
	return 1;
}
#endif

static int toInterface(const struct ifaddrs *entry, rtc_interface *interface)
{
	rtc_sockaddr name;
	if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP))
		return 0;
	int family = entry->ifa_addr->sa_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	memset(interface, 0, sizeof *interface);
	memcpy(&name, entry->ifa_addr, family == AF_INET6 ? sizeof name.in6 : sizeof name.in);
	rtc_address_from_socket(&interface->address, &name);
	interface->address.port = 0;
	interface->loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
	strncpy(interface->interface, entry->ifa_name, sizeof interface->interface - 1);
	return rtc_address_is_candidate(&interface->address) &&
		   (interface->address.family == 4 || isUsableV6(&interface->address));
}

size_t rtc_transport_interfaces(rtc_interface *interfaces, size_t maximum, int loopback)
{
	struct ifaddrs *list;
	size_t count = 0;
	if (getifaddrs(&list))
		return 0;
	for (const struct ifaddrs *entry = list; entry && count < maximum; entry = entry->ifa_next)
		if (toInterface(entry, &interfaces[count]) && (loopback || !interfaces[count].loopback))
			count++;
	freeifaddrs(list);
	return count;
}
