// SPDX-License-Identifier: Apache-2.0
// Private to rtc_bwe: whether a queue grows on the way (draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4). In place of its
// Kalman filter a line is laid through the newest delays, whose slope is compared with the adaptive threshold.
#ifndef RTC_BWE_DELAY_H
#define RTC_BWE_DELAY_H

#include "rtc_bwe.h"

void rtc_bwe_delay_init(rtc_bwe_delay *delay);
void rtc_bwe_delay_take(rtc_bwe_delay *delay, const rtc_bwe_packet *packet, uint64_t now);

#endif
