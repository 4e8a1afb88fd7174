// SPDX-License-Identifier: Apache-2.0
// The kinds of devices that FFmpeg's libraries give.
#ifndef RTC_MEDIA_H
#define RTC_MEDIA_H

#include "rtc_capture.h"

// The file's best stream of that kind, in real time, from its begin to its end (and again). Two sources of one file are
// in step.
rtc_capture_device *rtc_media_file_open_video(const rtc_capture_options *options, rtc_capture_error *error);
rtc_capture_device *rtc_media_file_open_audio(const rtc_capture_options *options, rtc_capture_error *error);
// V4L2 and ALSA. A path "format:url", such as "x11grab::0", names any other input device of libavdevice.
rtc_capture_device *rtc_media_camera_open(const rtc_capture_options *options, rtc_capture_error *error);
rtc_capture_device *rtc_media_microphone_open(const rtc_capture_options *options, rtc_capture_error *error);
// What `open` opens; where the options want JPEG, its pictures become JPEG.
rtc_capture_device *rtc_media_jpeg_open(rtc_capture_opener open, const rtc_capture_options *options,
										rtc_capture_error *error);

#endif
