// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport.h"

#include <string.h>
#include "esp_netif.h"
#include "sdkconfig.h"
#include "rtc_candidate_address.h"

typedef struct {
	rtc_interface *interfaces;
	size_t count, maximum;
} listing;

static void add(listing *list, esp_netif_t *netif, int family, const void *bytes)
{
	if (list->count == list->maximum)
		return;
	rtc_interface *interface = &list->interfaces[list->count];
	memset(interface, 0, sizeof *interface);
	interface->address.family = (uint8_t)family;
	memcpy(interface->address.bytes, bytes, family == 6 ? 16 : 4);
	esp_netif_get_netif_impl_name(netif, interface->interface); // at most 6 characters
	if (rtc_address_is_candidate(&interface->address))
		list->count++;
}

// Called for each interface, on lwIP's thread.
static bool visit(esp_netif_t *netif, void *context)
{
	esp_netif_ip_info_t v4;
	if (!esp_netif_is_netif_up(netif))
		return false;
	if (esp_netif_get_ip_info(netif, &v4) == ESP_OK)
		add(context, netif, 4, &v4.ip.addr);
#if CONFIG_LWIP_IPV6
	esp_ip6_addr_t v6[CONFIG_LWIP_IPV6_NUM_ADDRESSES];
	int count = esp_netif_get_all_preferred_ip6(netif, v6); // neither deprecated nor tentative
	for (int i = 0; i < count; i++)
		add(context, netif, 6, v6[i].addr);
#endif
	return false; // and the next
}

size_t rtc_transport_interfaces(rtc_interface *interfaces, size_t maximum, int loopback)
{
	listing list = {interfaces, 0, maximum};
	(void)loopback; // lwIP's loopback is no esp_netif
	esp_netif_find_if(visit, &list);
	return list.count;
}
