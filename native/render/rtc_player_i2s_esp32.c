// SPDX-License-Identifier: Apache-2.0
// A loudspeaker's amplifier at I2S, whose pins the board's manifest defines as Moddable's own audio output has them.
#include <stdlib.h>
#include "rtc_player.h"

#include "driver/i2s_std.h"
#include "freertos/FreeRTOS.h"
#include "mc.defines.h"

#ifndef MODDEF_AUDIOOUT_I2S_NUM
#define MODDEF_AUDIOOUT_I2S_NUM 1
#endif
#ifndef MODDEF_AUDIOOUT_I2S_MCK_PIN
#define MODDEF_AUDIOOUT_I2S_MCK_PIN I2S_GPIO_UNUSED
#endif

#define WAIT_MS 500 // for room; longer, and the device is broken
#define BUFFERS 3   // of 20 ms

#ifdef MODDEF_AUDIOOUT_I2S_DATAOUT_PIN

typedef struct {
	rtc_player_device device; // first
	i2s_chan_handle_t channel;
	uint32_t sampleRate;
	uint8_t channels;
} speaker;

static void stop(rtc_player_device *device)
{
	speaker *self = (speaker *)device;
	if (!self->channel)
		return;
	i2s_channel_disable(self->channel);
	i2s_del_channel(self->channel);
	self->channel = NULL;
}

static int start(rtc_player_device *device, rtc_player_error *error)
{
	speaker *self = (speaker *)device;
	i2s_chan_config_t configuration = I2S_CHANNEL_DEFAULT_CONFIG(MODDEF_AUDIOOUT_I2S_NUM, I2S_ROLE_MASTER);
	configuration.dma_desc_num = BUFFERS;
	configuration.dma_frame_num = self->sampleRate / RTC_PLAYER_FRAMES_PER_SECOND;
	configuration.auto_clear = true; // silence, when nothing comes
	i2s_std_config_t format = {
		.clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(self->sampleRate),
		.slot_cfg = I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(
			I2S_DATA_BIT_WIDTH_16BIT, self->channels == 2 ? I2S_SLOT_MODE_STEREO : I2S_SLOT_MODE_MONO),
		.gpio_cfg = {.mclk = MODDEF_AUDIOOUT_I2S_MCK_PIN,
					 .bclk = MODDEF_AUDIOOUT_I2S_BCK_PIN,
					 .ws = MODDEF_AUDIOOUT_I2S_LR_PIN,
					 .dout = MODDEF_AUDIOOUT_I2S_DATAOUT_PIN,
					 .din = I2S_GPIO_UNUSED},
	};
	esp_err_t result = i2s_new_channel(&configuration, &self->channel, NULL);
	if (result == ESP_OK)
		result = i2s_channel_init_std_mode(self->channel, &format);
	if (result == ESP_OK)
		result = i2s_channel_enable(self->channel);
	if (result == ESP_OK)
		return 0;
	if (self->channel)
		i2s_del_channel(self->channel);
	self->channel = NULL;
	return rtc_player_fail(error, "media/device-failed", "speaker: %s", esp_err_to_name(result));
}

static int writeFrame(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	speaker *self = (speaker *)device;
	size_t size = samples * self->channels * sizeof *pcm, written = 0;
	esp_err_t result = i2s_channel_write(self->channel, pcm, size, &written, WAIT_MS);
	if (result == ESP_OK && written == size)
		return 0;
	return rtc_player_fail(error, "media/device-failed", "speaker: %s", esp_err_to_name(result));
}

static void destroy(rtc_player_device *device)
{
	stop(device);
	free(device);
}

rtc_player_device *rtc_player_i2s_open(const rtc_player_options *options, rtc_player_error *error)
{
	speaker *self = calloc(1, sizeof *self);
	if (!self) {
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_player_device){.start = start,
									   .write = writeFrame,
									   .stop = stop,
									   .destroy = destroy,
									   .hasClock = 1,
									   .delay = BUFFERS * (1000000 / RTC_PLAYER_FRAMES_PER_SECOND)};
	self->sampleRate = options->sampleRate;
	self->channels = options->channels;
	if (!start(&self->device, error)) {
		stop(&self->device); // it is there; it runs only while something plays
		return &self->device;
	}
	free(self);
	return NULL;
}

#else

rtc_player_device *rtc_player_i2s_open(const rtc_player_options *options, rtc_player_error *error)
{
	(void)options;
	rtc_player_fail(error, "media/device-missing", "speaker: this board's manifest defines none");
	return NULL;
}

#endif
