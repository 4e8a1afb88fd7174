# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin sends marks, in H.264 and Opus."""
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import marks  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

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


class Sender:
    def __init__(self):
        self.counter = self.count = 0
        self.ends = threading.Event()

    def offer(self):
        self.pipeline = Gst.parse_launch(PIPELINE)
        self.peer, self.sound, self.pictures = map(self.pipeline.get_by_name, ("peer", "sound", "pictures"))
        self.pipeline.set_state(Gst.State.PLAYING)
        for index in range(2):
            transceiver = self.peer.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            transceiver.set_property("do-nack", True)
        # Pads have caps, which an offer is made of, when the first packets have come.
        self.film(0)
        self.speak(0)
        for _ in range(500):
            pads = [self.peer.get_static_pad(f"sink_{index}") for index in range(2)]
            if all(pad and pad.get_current_caps() for pad in pads):
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
        """Both by the clock of the pipeline, from the next whole second of its time on."""
        clock, base = self.pipeline.get_clock(), self.pipeline.get_base_time()
        begins = ((clock.get_time() - base) // Gst.SECOND + 1) * Gst.SECOND
        self.counter = self.count = 0
        while not self.ends.is_set():
            now = clock.get_time() - base
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

    def push(self, source, data, pts, duration):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = pts
        buffer.duration = duration
        source.emit("push-buffer", buffer)

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
