# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin sends pictures that count, H.264, H.265 or VP8."""
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import card  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

ENCODERS = {
    "H264": "openh264enc bitrate=1000000 gop-size=100000 ! h264parse config-interval=-1 ! rtph264pay aggregate-mode=zero-latency",
    "H265": "x265enc bitrate=1000 tune=zerolatency speed-preset=ultrafast key-int-max=100000"
    " option-string=repeat-headers=1 ! h265parse config-interval=-1 ! rtph265pay aggregate-mode=zero-latency",
    "VP8": "vp8enc target-bitrate=1000000 deadline=1 keyframe-max-dist=100000 ! rtpvp8pay picture-id-mode=15-bit",
}


class Sender:
    def __init__(self):
        self.counter = 0
        self.ends = threading.Event()

    def offer(self, codec):
        caps = f"application/x-rtp,media=video,encoding-name={codec},payload=96,clock-rate=90000"
        raw = f"video/x-raw,format=I420,width={card.WIDTH},height={card.HEIGHT},framerate={card.RATE}/1"
        self.pipeline = Gst.parse_launch(
            f"webrtcbin name=peer bundle-policy=max-bundle appsrc name=card is-live=true format=time caps={raw}"
            f" ! queue ! {ENCODERS[codec]} mtu=1100 ! {caps} ! peer."
        )
        self.peer = self.pipeline.get_by_name("peer")
        self.source = self.pipeline.get_by_name("card")
        self.pipeline.set_state(Gst.State.PLAYING)
        transceiver = self.peer.emit("get-transceiver", 0)
        transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        transceiver.set_property("do-nack", True)
        # Its pad has caps, which an offer is made of, when the first packet has come.
        self.push()
        for _ in range(500):
            pad = self.peer.get_static_pad("sink_0")
            if pad and pad.get_current_caps():
                break
            time.sleep(0.01)
        created = self.ask("create-offer", None)
        self.ask("set-local-description", created.get_value("offer"))
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        for _ in range(500):
            if self.peer.get_property("ice-gathering-state") == complete:
                break
            time.sleep(0.01)
        return self.peer.get_property("local-description").sdp.as_text()

    def answer(self, sdp):
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.ask("set-remote-description", description)
        threading.Thread(target=self.film, daemon=True).start()

    def sent(self):
        return {"framesSent": self.counter}

    def push(self):
        buffer = Gst.Buffer.new_wrapped(card.draw(self.counter).tobytes())
        buffer.pts = buffer.dts = self.counter * Gst.SECOND // card.RATE
        buffer.duration = Gst.SECOND // card.RATE
        self.source.emit("push-buffer", buffer)
        self.counter += 1

    def film(self):
        begun = time.time() - self.counter / card.RATE
        while not self.ends.is_set():
            self.push()
            time.sleep(max(0, begun + self.counter / card.RATE - time.time()))

    def ask(self, signal, *parameters):
        """The reply, which owns what is in it: to be kept as long as that."""
        promise = Gst.Promise.new()
        self.peer.emit(signal, *parameters, promise)
        promise.wait()
        reply = promise.get_reply()
        if reply and reply.has_field("error"):
            raise RuntimeError(f"{signal}: {reply.get_value('error')}")
        return reply


Gst.init(None)
threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
sender = Sender()
for line in lines.calls():
    try:
        method, parameters = lines.parse(line)
        lines.reply(getattr(sender, method)(**parameters))
    except Exception:
        lines.reply_error()
sender.ends.set()
