// SPDX-License-Identifier: Apache-2.0
// A host without echo cancellation. On a chip ESP-SR's AFE would stand here.
#include "rtc_echo_canceller.h"

#include <stddef.h>

int rtc_echo_canceller_is_there(void)
{
	return 0;
}

rtc_echo_canceller *rtc_echo_canceller_new(const rtc_echo_canceller_options *options)
{
	(void)options;
	return NULL;
}

void rtc_echo_canceller_process(rtc_echo_canceller *canceller, const int16_t *microphone, const int16_t *loudspeaker,
								int16_t *out)
{
	(void)canceller, (void)microphone, (void)loudspeaker, (void)out;
}

void rtc_echo_canceller_reset(rtc_echo_canceller *canceller)
{
	(void)canceller;
}

void rtc_echo_canceller_free(rtc_echo_canceller *canceller)
{
	(void)canceller;
}
