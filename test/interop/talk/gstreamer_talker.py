# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin speaks a tone."""
import sys
import time
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import webrtcbin  # noqa: E402
from webrtcbin import Gst  # noqa: E402

PERIOD = 0.02  # seconds
CODECS = {  # rate, encoder, caps of the packets
    "opus": (48000, "opusenc frame-size=20 bitrate=24000 audio-type=voice inband-fec=true packet-loss-percentage=10 ! rtpopuspay", "OPUS,payload=111,"
             "clock-rate=48000,encoding-params=(string)2"),
    "PCMU": (8000, "mulawenc ! rtppcmupay max-ptime=20000000 min-ptime=20000000", "PCMU,payload=0,clock-rate=8000"),
    "PCMA": (8000, "alawenc ! rtppcmapay max-ptime=20000000 min-ptime=20000000", "PCMA,payload=8,clock-rate=8000"),
}


class Talker(webrtcbin.Sender):
    count = 0

    def offer(self, codec, tone):
        self.rate, encoder, caps = CODECS[codec]
        self.tone = tone
        packets = f"application/x-rtp,media=audio,encoding-name={caps}"
        raw = f"audio/x-raw,format=S16LE,layout=interleaved,rate={self.rate},channels=1"
        (self.mouth,) = self.open(
            f"webrtcbin name=peer bundle-policy=max-bundle appsrc name=mouth is-live=true format=time caps={raw}"
            f" ! queue ! {encoder} ! {packets} ! peer.",
            "mouth",
            nack=False,
        )
        self.speak(0)
        self.speak(0)
        return self.describe_sent(1)

    def run(self):
        begins = self.now()
        self.count = 0
        while not self.ends.is_set():
            while begins + self.count * Gst.SECOND // self.rate <= self.now():
                self.speak(begins)
            time.sleep(0.005)

    def speak(self, begins):
        samples = int(self.rate * PERIOD)
        phase = 2 * numpy.pi * self.tone * (self.count + numpy.arange(samples)) / self.rate
        pcm = (8000 * numpy.sin(phase)).astype(numpy.int16).tobytes()
        self.push(self.mouth, pcm, begins + self.count * Gst.SECOND // self.rate, int(Gst.SECOND * PERIOD))
        self.count += samples


Talker().serve()
