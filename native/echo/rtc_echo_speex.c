// SPDX-License-Identifier: Apache-2.0
// Echo cancellation by speexdsp: an adaptive filter, and what it leaves is made softer.
#include "rtc_echo_canceller.h"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>

#define SUPPRESS -45        // dB, of what the filter leaves, while nobody else speaks
#define SUPPRESS_ACTIVE -20 // while somebody does

struct rtc_echo_canceller {
	SpeexEchoState *filter;
	SpeexPreprocessState *rest;
};

int rtc_echo_canceller_is_there(void)
{
	return 1;
}

rtc_echo_canceller *rtc_echo_canceller_new(const rtc_echo_canceller_options *options)
{
	rtc_echo_canceller *canceller = calloc(1, sizeof *canceller);
	int rate = (int)options->sampleRate, samples = (int)options->samples, off = 0;
	int suppress = SUPPRESS, suppressActive = SUPPRESS_ACTIVE;
	if (!canceller)
		return NULL;
	canceller->filter = speex_echo_state_init(samples, (int)((uint64_t)options->tail * options->sampleRate / 1000));
	canceller->rest = speex_preprocess_state_init(samples, rate);
	if (!canceller->filter || !canceller->rest) {
		rtc_echo_canceller_free(canceller);
		return NULL;
	}
	speex_echo_ctl(canceller->filter, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	speex_preprocess_ctl(canceller->rest, SPEEX_PREPROCESS_SET_ECHO_STATE, canceller->filter);
	speex_preprocess_ctl(canceller->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &suppress);
	speex_preprocess_ctl(canceller->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &suppressActive);
	speex_preprocess_ctl(canceller->rest, SPEEX_PREPROCESS_SET_DENOISE, &off);
	return canceller;
}

void rtc_echo_canceller_process(rtc_echo_canceller *canceller, const int16_t *microphone, const int16_t *loudspeaker,
								int16_t *out)
{
	speex_echo_cancellation(canceller->filter, microphone, loudspeaker, out);
	speex_preprocess_run(canceller->rest, out);
}

void rtc_echo_canceller_reset(rtc_echo_canceller *canceller)
{
	speex_echo_state_reset(canceller->filter);
}

void rtc_echo_canceller_free(rtc_echo_canceller *canceller)
{
	if (!canceller)
		return;
	if (canceller->rest)
		speex_preprocess_state_destroy(canceller->rest);
	if (canceller->filter)
		speex_echo_state_destroy(canceller->filter);
	free(canceller);
}
