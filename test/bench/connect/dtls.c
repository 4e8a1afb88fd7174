// SPDX-License-Identifier: Apache-2.0
// The arithmetic alone: handshakes of two associations in one process, over memory. Prints the milliseconds of each.
//   dtls COUNT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dtls_pair.h"
#include "rtc_port.h"

enum { POLL = 20 }; // microseconds

static double handshake(void)
{
	pair it;
	pair_open(&it, &(pair_options){.timeout = 0});
	uint64_t start = rtc_now();
	pair_start(&it);
	while (rtc_dtls_get_state(it.dtls[CLIENT]) != RTC_DTLS_CONNECTED ||
		   rtc_dtls_get_state(it.dtls[SERVER]) != RTC_DTLS_CONNECTED)
		usleep(POLL);
	double milliseconds = (double)(rtc_now() - start) / 1000;
	pair_close(&it);
	return milliseconds;
}

int main(int count, char **words)
{
	for (int i = count > 1 ? atoi(words[1]) : 1; i > 0; i--)
		printf("%.2f\n", handshake());
	return 0;
}
