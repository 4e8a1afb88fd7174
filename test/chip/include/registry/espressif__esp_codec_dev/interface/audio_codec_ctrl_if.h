// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_AUDIO_CODEC_CTRL_IF_H
#define CHIP_AUDIO_CODEC_CTRL_IF_H

typedef struct audio_codec_ctrl_if_t audio_codec_ctrl_if_t;

int audio_codec_delete_ctrl_if(const audio_codec_ctrl_if_t *control);

#endif
