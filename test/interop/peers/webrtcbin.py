# SPDX-License-Identifier: Apache-2.0
"""What peers that are GStreamer's webrtcbin have in common: descriptions, and calls by lines."""
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import lines  # noqa: E402

Gst.init(None)


def until(done):
    """Five seconds are enough for all that is waited for."""
    for _ in range(500):
        if done():
            break
        time.sleep(0.01)


class Peer:
    """`webrtc` is the element."""

    def ask(self, signal, *parameters):
        """The reply, which owns what is in it: to be kept as long as that."""
        promise = Gst.Promise.new()
        self.webrtc.emit(signal, *parameters, promise)
        promise.wait()
        reply = promise.get_reply()
        if reply and reply.has_field("error"):
            raise RuntimeError(f"{signal}: {reply.get_value('error')}")
        return reply

    def describe(self, kind):
        """The description that is due, with all candidates."""
        created = self.ask(f"create-{kind}", None)
        self.ask("set-local-description", created.get_value(kind))
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        until(lambda: self.webrtc.get_property("ice-gathering-state") == complete)
        return self.webrtc.get_property("local-description").sdp.as_text()

    def set_remote(self, kind, sdp):
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        description = GstWebRTC.WebRTCSessionDescription.new(getattr(GstWebRTC.WebRTCSDPType, kind), message)
        self.ask("set-remote-description", description)

    def serve(self):
        threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
        lines.serve(self)


class Sender(Peer):
    """Sends what it is pushed, from the answer on: `run` does that until `ends`."""

    def __init__(self):
        self.ends = threading.Event()

    def open(self, description, *sources, nack=True):
        """Plays a pipeline with a webrtcbin `peer`. Returns its elements of those names."""
        self.pipeline = Gst.parse_launch(description)
        self.webrtc = self.pipeline.get_by_name("peer")
        self.tell_latency()
        self.pipeline.set_state(Gst.State.PLAYING)
        for index in range(len(sources)):
            transceiver = self.webrtc.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            transceiver.set_property("do-nack", nack)
        return [self.pipeline.get_by_name(source) for source in sources]

    def tell_latency(self):
        """As applications have to do. A session that knows of none reports times that run twice as fast as its packets'."""
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::latency", lambda *_: self.pipeline.recalculate_latency())

    def describe_sent(self, count):
        """The offer. Pads have caps, which it is made of, when the first packets have come."""
        pads = [self.webrtc.get_static_pad(f"sink_{index}") for index in range(count)]
        until(lambda: all(pad and pad.get_current_caps() for pad in pads))
        return self.describe("offer")

    def answer(self, sdp):
        self.set_remote("ANSWER", sdp)
        threading.Thread(target=self.run, daemon=True).start()

    def now(self):
        """By the clock of the pipeline."""
        return self.pipeline.get_clock().get_time() - self.pipeline.get_base_time()

    @staticmethod
    def push(source, data, pts, duration):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = pts
        buffer.duration = duration
        source.emit("push-buffer", buffer)

    def serve(self):
        super().serve()
        self.ends.set()
