// SPDX-License-Identifier: Apache-2.0
// A PDM or I2S microphone, whose pins the board's manifest defines as Moddable's own audio input has them. Mono; a
// second channel is a copy.
#include "rtc_capture_esp32.h"
#include "rtc_port.h"

#include <stdlib.h>
#include <string.h>
#include "driver/i2s_pdm.h"
#include "driver/i2s_std.h"
#include "freertos/FreeRTOS.h"
#include "mc.defines.h"
#ifdef MODDEF_ES8311_ADDRESS
#include "rtc_es8311_esp32.h"
#endif

#ifndef MODDEF_AUDIOIN_I2S_NUM
#define MODDEF_AUDIOIN_I2S_NUM 0
#endif
#ifndef MODDEF_AUDIOIN_I2S_PDM
#define MODDEF_AUDIOIN_I2S_PDM 0
#endif
#ifndef MODDEF_AUDIOIN_I2S_MCK_PIN
#define MODDEF_AUDIOIN_I2S_MCK_PIN I2S_GPIO_UNUSED
#endif

#define FRAMES 8
#define WAIT_MS 500 // without data for so long, the microphone is broken
#define FRAME_TIME (1000000 / RTC_AUDIO_FRAMES_PER_SECOND)
// A PDM microphone takes 1 to 3.25 MHz. 8S clocks it at 64 times the sample rate (3.07 MHz at 48 kHz), 16S at 128
// times, which low rates need.
#define PDM_SLOW 16000
#define GAP 40000 // microseconds by which the clocks may drift apart

#ifdef MODDEF_AUDIOIN_I2S_DATAIN

typedef struct {
	rtc_capture_device device; // first
	i2s_chan_handle_t channel;
#ifdef MODDEF_ES8311_ADDRESS
	rtc_es8311 *codec;
#endif
	rtc_frame_pool *pool;
	uint32_t sampleRate, samples;
	uint8_t channels;
	uint64_t begin, count; // time of the first frame since the newest gap, and the frames since
} i2s_microphone;

static esp_err_t set_up(i2s_microphone *microphone)
{
#if MODDEF_AUDIOIN_I2S_PDM
	i2s_pdm_rx_config_t configuration = {
		.clk_cfg = I2S_PDM_RX_CLK_DEFAULT_CONFIG(microphone->sampleRate),
		.slot_cfg = I2S_PDM_RX_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_16BIT, I2S_SLOT_MODE_MONO),
		.gpio_cfg = {.clk = MODDEF_AUDIOIN_I2S_LR_PIN, .din = MODDEF_AUDIOIN_I2S_DATAIN},
	};
	configuration.clk_cfg.dn_sample_mode = microphone->sampleRate < PDM_SLOW ? I2S_PDM_DSR_16S : I2S_PDM_DSR_8S;
	return i2s_channel_init_pdm_rx_mode(microphone->channel, &configuration);
#else
	i2s_std_config_t configuration = {
		.clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(microphone->sampleRate),
		.slot_cfg = I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_16BIT, I2S_SLOT_MODE_MONO),
		.gpio_cfg = {.mclk = MODDEF_AUDIOIN_I2S_MCK_PIN,
					 .bclk = MODDEF_AUDIOIN_I2S_BCK_PIN,
					 .ws = MODDEF_AUDIOIN_I2S_LR_PIN,
					 .dout = I2S_GPIO_UNUSED,
					 .din = MODDEF_AUDIOIN_I2S_DATAIN},
	};
	return i2s_channel_init_std_mode(microphone->channel, &configuration);
#endif
}

static void release(i2s_microphone *microphone)
{
	if (microphone->channel)
		i2s_del_channel(microphone->channel);
	microphone->channel = NULL;
#ifdef MODDEF_ES8311_ADDRESS
	rtc_es8311_close(microphone->codec);
	microphone->codec = NULL;
#endif
}

static rtc_capture_result prepare(i2s_microphone *microphone, rtc_capture_error *error)
{
	i2s_chan_config_t configuration = I2S_CHANNEL_DEFAULT_CONFIG(MODDEF_AUDIOIN_I2S_NUM, I2S_ROLE_MASTER);
	esp_err_t result = i2s_new_channel(&configuration, NULL, &microphone->channel);
	if (result == ESP_OK)
		result = set_up(microphone);
#ifdef MODDEF_ES8311_ADDRESS
	if (result == ESP_OK)
		result = rtc_es8311_open(&microphone->codec);
#endif
	if (result == ESP_OK)
		return RTC_CAPTURE_OK;
	release(microphone);
	const char *code = result == ESP_ERR_NOT_FOUND ? "media/device-missing" : "media/device-failed";
	return rtc_capture_fail(error, code, "microphone: %s", esp_err_to_name(result));
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	(void)capture;
	i2s_microphone *microphone = (i2s_microphone *)device;
	if (prepare(microphone, error) != RTC_CAPTURE_OK)
		return RTC_CAPTURE_FAILED;
	esp_err_t result = i2s_channel_enable(microphone->channel);
#ifdef MODDEF_ES8311_ADDRESS
	if (result == ESP_OK) { // now that it has its clocks
		result = rtc_es8311_start(microphone->codec, microphone->sampleRate);
		if (result != ESP_OK)
			i2s_channel_disable(microphone->channel);
	}
#endif
	if (result != ESP_OK) {
		release(microphone);
		return rtc_capture_fail(error, "media/device-failed", "microphone: %s", esp_err_to_name(result));
	}
	microphone->begin = rtc_now();
	microphone->count = 0;
	return RTC_CAPTURE_OK;
}

static void stop(rtc_capture_device *device)
{
	i2s_microphone *microphone = (i2s_microphone *)device;
	if (microphone->channel)
		i2s_channel_disable(microphone->channel);
	release(microphone);
}

// The time of a frame that was read just now: the samples' own clock, unless it strays from rtc_now().
static uint64_t frame_time(i2s_microphone *microphone)
{
	uint64_t arrival = rtc_now() - FRAME_TIME;
	uint64_t time = microphone->begin + microphone->count * FRAME_TIME;
	int64_t stray = (int64_t)(arrival - time);
	if (stray > GAP || stray < -GAP) {
		microphone->begin = time = arrival;
		microphone->count = 0;
	}
	microphone->count++;
	return time;
}

static void double_channels(int16_t *samples, uint32_t count)
{
	while (count--) {
		samples[2 * count + 1] = samples[count];
		samples[2 * count] = samples[count];
	}
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	i2s_microphone *microphone = (i2s_microphone *)device;
	rtc_frame *pcm = rtc_frame_pool_get(microphone->pool);
	if (!pcm) { // the driver's buffers overflow meanwhile, and the times tell of the gap
		rtc_capture_dropped(capture);
		rtc_capture_wait(capture, rtc_now() + FRAME_TIME);
		return RTC_CAPTURE_OK;
	}
	size_t size = microphone->samples * sizeof(int16_t), filled = 0;
	esp_err_t result = i2s_channel_read(microphone->channel, pcm->data, size, &filled, WAIT_MS);
	if (result != ESP_OK || filled != size) {
		rtc_frame_release(pcm);
		return rtc_capture_fail(error, "media/device-failed", "microphone: %s", esp_err_to_name(result));
	}
	if (microphone->channels == 2)
		double_channels((int16_t *)pcm->data, microphone->samples);
	pcm->format = RTC_FORMAT_PCM;
	pcm->time = frame_time(microphone);
	pcm->sampleRate = microphone->sampleRate;
	pcm->samples = microphone->samples;
	pcm->channels = microphone->channels;
	pcm->size = pcm->capacity;
	*frame = pcm;
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	i2s_microphone *microphone = (i2s_microphone *)device;
	release(microphone);
	rtc_frame_pool_close(microphone->pool);
	free(microphone);
}

rtc_capture_device *rtc_microphone_esp32_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	i2s_microphone *microphone = calloc(1, sizeof *microphone);
	uint32_t samples = options->sampleRate / RTC_AUDIO_FRAMES_PER_SECOND;
	if (microphone)
		microphone->pool = rtc_frame_pool_new(FRAMES, samples * options->channels * sizeof(int16_t));
	if (!microphone || !microphone->pool) {
		free(microphone);
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	microphone->device = (rtc_capture_device){.start = start, .next = next, .stop = stop, .destroy = destroy};
	microphone->sampleRate = options->sampleRate;
	microphone->samples = samples;
	microphone->channels = options->channels;
	if (prepare(microphone, error) == RTC_CAPTURE_OK) {
		release(microphone); // it is there; it runs only while somebody listens
		return &microphone->device;
	}
	destroy(&microphone->device);
	return NULL;
}

#else

rtc_capture_device *rtc_microphone_esp32_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	(void)options;
	rtc_capture_fail(error, "media/device-missing", "microphone: this board's manifest defines none");
	return NULL;
}

#endif
