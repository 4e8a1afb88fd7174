// SPDX-License-Identifier: Apache-2.0
// The ES8311's registers, by the drivers of Espressif's esp_codec_dev; their data side is not used.
#include "mc.defines.h"

#ifdef MODDEF_ES8311_ADDRESS

#include "rtc_es8311_esp32.h"
#include "rtc_i2c_esp32.h"

#include <stdlib.h>
#include "es8311_codec.h"
#include "esp_codec_dev_defaults.h"

#ifndef MODDEF_I2C_PORT
#define MODDEF_I2C_PORT 0
#endif
#ifndef MODDEF_ES8311_MCLK_MULTIPLE
#define MODDEF_ES8311_MCLK_MULTIPLE 256
#endif

#define GAIN 30 // dB, for the electret microphone of a board

struct rtc_es8311 {
	const audio_codec_ctrl_if_t *control;
	const audio_codec_if_t *codec;
};

esp_err_t rtc_es8311_open(rtc_es8311 **opened)
{
	i2c_master_bus_handle_t bus;
	esp_err_t result = rtc_i2c_take(&bus);
	if (result != ESP_OK)
		return result;
	rtc_es8311 *codec = calloc(1, sizeof *codec);
	if (!codec) {
		rtc_i2c_give();
		return ESP_ERR_NO_MEM;
	}
	// The component's addresses are of eight bits, with that for read and write.
	audio_codec_i2c_cfg_t wire = {.port = MODDEF_I2C_PORT, .addr = MODDEF_ES8311_ADDRESS << 1, .bus_handle = bus};
	codec->control = audio_codec_new_i2c_ctrl(&wire);
	if (codec->control) {
		es8311_codec_cfg_t configuration = {
			.ctrl_if = codec->control,
			.codec_mode = ESP_CODEC_DEV_WORK_MODE_ADC,
			.pa_pin = -1, // the amplifier of a loudspeaker stays as it is
			.use_mclk = true,
			.no_dac_ref = true,
			.mclk_div = MODDEF_ES8311_MCLK_MULTIPLE,
		};
		codec->codec = es8311_codec_new(&configuration);
	}
	if (codec->codec) {
		*opened = codec;
		return ESP_OK;
	}
	rtc_es8311_close(codec);
	return ESP_ERR_NOT_FOUND;
}

esp_err_t rtc_es8311_start(rtc_es8311 *codec, uint32_t sampleRate)
{
	// The driver tells nothing of a rate that its table lacks; these are those of the table that WebRTC's codecs take.
	if (sampleRate != 8000 && sampleRate != 16000 && sampleRate != 24000 && sampleRate != 48000)
		return ESP_ERR_INVALID_ARG;
	esp_codec_dev_sample_info_t format = {.bits_per_sample = 16, .channel = 1, .sample_rate = sampleRate};
	if (codec->codec->set_fs(codec->codec, &format) || codec->codec->enable(codec->codec, true) ||
		codec->codec->set_mic_gain(codec->codec, GAIN))
		return ESP_FAIL;
	return ESP_OK;
}

void rtc_es8311_close(rtc_es8311 *codec)
{
	if (!codec)
		return;
	if (codec->codec)
		audio_codec_delete_codec_if(codec->codec);
	if (codec->control)
		audio_codec_delete_ctrl_if(codec->control);
	free(codec);
	rtc_i2c_give();
}

#endif
