// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_thinning.h"

#include <string.h>

#define MEMORY 1.5f       // seconds over which a layer's rate is the mean
#define LEAST_MEMORY 0.1f // seconds without which there is no rate
#define RISE 0.9f         // of the share, which one more layer has to fit
#define FALL 1.15f        // of the share, which the layers may take
#define CREDIT 0.25f      // seconds of the share that may be saved up
#define DEBT 1.0f         // seconds of the share that may be owed: a key frame, and some frames
#define KEY_DEBT 0.3f     // seconds of it with which a key frame may go

void rtc_rtp_thinning_init(rtc_rtp_thinning *thinning)
{
	memset(thinning, 0, sizeof *thinning);
	thinning->most = RTC_FRAME_LAYERS - 1;
}

void rtc_rtp_thinning_see(rtc_rtp_thinning *thinning, const rtc_frame *frame, uint32_t share, uint64_t now)
{
	float elapsed = thinning->updated && now > thinning->updated ? (float)(now - thinning->updated) / 1e6f : 0;
	float fade = MEMORY / (MEMORY + elapsed);
	thinning->updated = now;
	thinning->seconds = thinning->seconds * fade + elapsed;
	for (int i = 0; i < RTC_FRAME_LAYERS; i++)
		thinning->bits[i] *= fade;
	if (!frame->key && frame->layer < RTC_FRAME_LAYERS)
		thinning->bits[frame->layer] += (float)frame->size * 8;
	thinning->owed -= (float)share * elapsed;
	if (thinning->owed < -CREDIT * (float)share)
		thinning->owed = -CREDIT * (float)share;
}

// What the layers up to `layer` take.
static float rateUpTo(const rtc_rtp_thinning *thinning, uint8_t layer)
{
	float sum = 0;
	for (int i = 0; i <= layer; i++)
		sum += thinning->bits[i];
	return thinning->seconds > LEAST_MEMORY ? sum / thinning->seconds : 0;
}

static void choose(rtc_rtp_thinning *thinning, const rtc_frame *frame, uint32_t share)
{
	while (thinning->most && rateUpTo(thinning, thinning->most) > FALL * (float)share)
		thinning->most--;
	// Frames of a higher layer refer to the newest of the lowest: more begins with that.
	if (frame->layer || thinning->most == RTC_FRAME_LAYERS - 1)
		return;
	if (rateUpTo(thinning, (uint8_t)(thinning->most + 1)) < RISE * (float)share)
		thinning->most++;
}

rtc_rtp_verdict rtc_rtp_thinning_judge(rtc_rtp_thinning *thinning, const rtc_frame *frame, uint32_t share)
{
	if (!share) {
		thinning->owed = 0;
		return RTC_RTP_SEND;
	}
	choose(thinning, frame, share);
	thinning->isThin = rateUpTo(thinning, RTC_FRAME_LAYERS - 1) > FALL * (float)share;
	if (frame->layer > thinning->most)
		return RTC_RTP_SKIP;
	float most = (frame->key ? KEY_DEBT : DEBT) * (float)share;
	// What is a little too much for an estimate that may be a little too low is let go.
	int isTooMuch = rateUpTo(thinning, thinning->most) > FALL * (float)share;
	if (isTooMuch && thinning->owed > most)
		return RTC_RTP_CUT;
	if (!isTooMuch && thinning->owed > most)
		thinning->owed = most;
	thinning->owed += (float)frame->size * 8;
	return RTC_RTP_SEND;
}

uint64_t rtc_rtp_thinning_wait(const rtc_rtp_thinning *thinning, uint32_t share)
{
	float wait = share ? thinning->owed / (float)share - KEY_DEBT / 2 : 0;
	return wait > 0 ? (uint64_t)(wait * 1e6f) : 0;
}
