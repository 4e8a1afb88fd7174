// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_LISTENING_H
#define RTC_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

// Whether a TCP listener could have this port of all IPv4 addresses now; true also when that cannot be told.
bool rtc_tcp_port_is_free(uint16_t port);

#endif
