// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_NETIF_H
#define CHIP_ESP_NETIF_H

#include <stdbool.h>
#include <stdint.h>
#include "esp_err.h"

typedef struct esp_netif_obj esp_netif_t;
typedef struct {
	uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
	uint32_t addr[4];
	uint8_t zone;
} esp_ip6_addr_t;
typedef struct {
	esp_ip4_addr_t ip, netmask, gw;
} esp_netif_ip_info_t;
typedef bool (*esp_netif_find_predicate_t)(esp_netif_t *netif, void *context);

bool esp_netif_is_netif_up(esp_netif_t *netif);
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *information);
int esp_netif_get_all_preferred_ip6(esp_netif_t *netif, esp_ip6_addr_t addresses[]);
esp_err_t esp_netif_get_netif_impl_name(esp_netif_t *netif, char *name);
esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t visit, void *context);

#endif
