# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin sends marks, in H.264 and Opus."""
import sys
import time
from pathlib import Path

import marks

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import webrtcbin  # noqa: E402
from webrtcbin import Gst  # noqa: E402

H264 = "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000"
OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"
RAW = f"video/x-raw,format=I420,width={marks.WIDTH},height={marks.HEIGHT},framerate={marks.FPS}/1"
PCM = f"audio/x-raw,format=S16LE,layout=interleaved,rate={marks.RATE},channels=1"
PIPELINE = (
    "webrtcbin name=peer bundle-policy=max-bundle"
    f" appsrc name=sound is-live=true format=time caps={PCM}"
    f" ! queue ! opusenc frame-size=20 ! rtpopuspay ! {OPUS} ! peer."
    f" appsrc name=pictures is-live=true format=time caps={RAW}"
    " ! queue ! openh264enc bitrate=1000000 gop-size=100000 ! h264parse config-interval=-1"
    f" ! rtph264pay aggregate-mode=zero-latency mtu=1100 ! {H264} ! peer."
)


class Sender(webrtcbin.Sender):
    counter = count = 0

    def offer(self):
        self.sound, self.pictures = self.open(PIPELINE, "sound", "pictures")
        self.film(0)
        self.speak(0)
        return self.describe_sent(2)

    def run(self):
        """Both by the clock of the pipeline, from the next whole second of its time on."""
        begins = (self.now() // Gst.SECOND + 1) * Gst.SECOND
        self.counter = self.count = 0
        while not self.ends.is_set():
            now = self.now()
            while begins + self.counter * Gst.SECOND // marks.FPS <= now:
                self.film(begins)
            while begins + self.count * Gst.SECOND // marks.RATE <= now:
                self.speak(begins)
            time.sleep(0.004)

    def film(self, begins):
        pts = begins + self.counter * Gst.SECOND // marks.FPS
        self.push(self.pictures, marks.draw(self.counter).tobytes(), pts, Gst.SECOND // marks.FPS)
        self.counter += 1

    def speak(self, begins):
        pts = begins + self.count * Gst.SECOND // marks.RATE
        self.push(self.sound, marks.beep(self.count).tobytes(), pts, marks.SAMPLES * Gst.SECOND // marks.RATE)
        self.count += marks.SAMPLES


Sender().serve()
