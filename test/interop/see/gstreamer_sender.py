# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin sends pictures that count, H.264, H.265 or VP8."""
import sys
import time
from pathlib import Path

import card

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import webrtcbin  # noqa: E402
from webrtcbin import Gst  # noqa: E402

ENCODERS = {
    "H264": "openh264enc bitrate=1000000 gop-size=100000 ! h264parse config-interval=-1 ! rtph264pay aggregate-mode=zero-latency",
    "H265": "x265enc bitrate=1000 tune=zerolatency speed-preset=ultrafast key-int-max=100000"
    " option-string=repeat-headers=1 ! h265parse config-interval=-1 ! rtph265pay aggregate-mode=zero-latency",
    "VP8": "vp8enc target-bitrate=1000000 deadline=1 keyframe-max-dist=100000 ! rtpvp8pay picture-id-mode=15-bit",
}


class Sender(webrtcbin.Sender):
    counter = 0

    def offer(self, codec):
        caps = f"application/x-rtp,media=video,encoding-name={codec},payload=96,clock-rate=90000"
        raw = f"video/x-raw,format=I420,width={card.WIDTH},height={card.HEIGHT},framerate={card.RATE}/1"
        (self.source,) = self.open(
            f"webrtcbin name=peer bundle-policy=max-bundle appsrc name=card is-live=true format=time caps={raw}"
            f" ! queue ! {ENCODERS[codec]} mtu=1100 ! {caps} ! peer.",
            "card",
        )
        self.film()
        return self.describe_sent(1)

    def sent(self):
        return {"framesSent": self.counter}

    def film(self):
        pts = self.counter * Gst.SECOND // card.RATE
        self.push(self.source, card.draw(self.counter).tobytes(), pts, Gst.SECOND // card.RATE)
        self.counter += 1

    def run(self):
        begun = time.time() - self.counter / card.RATE
        while not self.ends.is_set():
            self.film()
            time.sleep(max(0, begun + self.counter / card.RATE - time.time()))


Sender().serve()
