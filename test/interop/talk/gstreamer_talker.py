# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin speaks a tone."""
import sys
import threading
import time
from pathlib import Path

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

PERIOD = 0.02  # seconds
CODECS = {  # rate, encoder, caps of the packets
    "opus": (48000, "opusenc frame-size=20 bitrate=24000 audio-type=voice inband-fec=true packet-loss-percentage=10 ! rtpopuspay", "OPUS,payload=111,"
             "clock-rate=48000,encoding-params=(string)2"),
    "PCMU": (8000, "mulawenc ! rtppcmupay max-ptime=20000000 min-ptime=20000000", "PCMU,payload=0,clock-rate=8000"),
    "PCMA": (8000, "alawenc ! rtppcmapay max-ptime=20000000 min-ptime=20000000", "PCMA,payload=8,clock-rate=8000"),
}


class Talker:
    def __init__(self):
        self.count = 0
        self.ends = threading.Event()

    def offer(self, codec, tone):
        self.rate, encoder, caps = CODECS[codec]
        self.tone = tone
        packets = f"application/x-rtp,media=audio,encoding-name={caps}"
        raw = f"audio/x-raw,format=S16LE,layout=interleaved,rate={self.rate},channels=1"
        self.pipeline = Gst.parse_launch(
            f"webrtcbin name=peer bundle-policy=max-bundle appsrc name=mouth is-live=true format=time caps={raw}"
            f" ! queue ! {encoder} ! {packets} ! peer."
        )
        self.peer, self.mouth = self.pipeline.get_by_name("peer"), self.pipeline.get_by_name("mouth")
        self.pipeline.set_state(Gst.State.PLAYING)
        transceiver = self.peer.emit("get-transceiver", 0)
        transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        # Its pad has caps, which an offer is made of, when the first packet has come.
        self.speak(0)
        self.speak(0)
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
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """By the clock of the pipeline."""
        clock, base = self.pipeline.get_clock(), self.pipeline.get_base_time()
        begins = clock.get_time() - base
        self.count = 0
        while not self.ends.is_set():
            while begins + self.count * Gst.SECOND // self.rate <= clock.get_time() - base:
                self.speak(begins)
            time.sleep(0.005)

    def speak(self, begins):
        samples = int(self.rate * PERIOD)
        phase = 2 * numpy.pi * self.tone * (self.count + numpy.arange(samples)) / self.rate
        buffer = Gst.Buffer.new_wrapped((8000 * numpy.sin(phase)).astype(numpy.int16).tobytes())
        buffer.pts = buffer.dts = begins + self.count * Gst.SECOND // self.rate
        buffer.duration = int(Gst.SECOND * PERIOD)
        self.mouth.emit("push-buffer", buffer)
        self.count += samples

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
talker = Talker()
for line in lines.calls():
    try:
        method, parameters = lines.parse(line)
        lines.reply(getattr(talker, method)(**parameters))
    except Exception:
        lines.reply_error()
talker.ends.set()
