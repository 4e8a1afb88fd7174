// SPDX-License-Identifier: Apache-2.0
// Codecs of which a chip encodes and decodes nothing: what comes of them is passed on, and what a source of encoded
// frames gives is sent.
#include "rtc_payload.h"
#include "rtc_video_codec.h"

const rtc_codec rtc_codec_vp8 = {.name = "VP8", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_vp8};
const rtc_codec rtc_codec_h265 = {.name = "H265", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h265};
