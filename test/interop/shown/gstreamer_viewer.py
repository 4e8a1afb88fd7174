# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin looks at a device, and listens."""
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

import senses  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

VIDEO = "application/x-rtp,media=video,clock-rate=90000,payload=96,rtcp-fb-nack-pli=(boolean)true,encoding-name="
AUDIO = "application/x-rtp,media=audio,encoding-name="
CAPS = {
    "H264": f"{VIDEO}H264,packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "VP8": f"{VIDEO}VP8",
    "H265": f"{VIDEO}H265",
    "opus": f"{AUDIO}OPUS,payload=111,clock-rate=48000,encoding-params=(string)2",
    "PCMU": f"{AUDIO}PCMU,payload=0,clock-rate=8000",
    "PCMA": f"{AUDIO}PCMA,payload=8,clock-rate=8000",
}
DECODERS = {
    "H264": "rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse ! avdec_h264",
    "VP8": "rtpvp8depay request-keyframe=true wait-for-keyframe=true ! vp8dec",
    "H265": "rtph265depay ! h265parse ! avdec_h265 automatic-request-sync-points=true discard-corrupted-frames=true",
    "OPUS": "rtpopusdepay ! opusdec plc=true use-inband-fec=true",
    "PCMU": "rtppcmudepay ! mulawdec",
    "PCMA": "rtppcmadepay ! alawdec",
}
RAW = {
    "video": "videoconvert ! video/x-raw,format=GRAY8",
    "audio": "audioconvert ! audioresample ! audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1",
}


class Viewer:
    def __init__(self):
        self.eye, self.ear = senses.Eye(), senses.Ear(48000)

    def offer(self, kind, codec):
        self.pipeline = Gst.Pipeline()
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", "max-bundle")
        self.peer.set_property("latency", 600)  # milliseconds: time to ask again for a repair that was lost
        self.pipeline.add(self.peer)
        self.peer.connect("pad-added", self.on_pad)
        self.pipeline.set_state(Gst.State.PLAYING)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        transceiver = self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(CAPS[codec]))
        transceiver.set_property("do-nack", True)
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

    def told(self):
        return {"counters": self.eye.counters, "decoded": len(self.eye.counters), "beeps": self.ear.beeps()}

    def on_pad(self, _, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        structure = pad.get_current_caps().get_structure(0)
        decoder = DECODERS[structure.get_string("encoding-name")]
        raw = RAW[structure.get_string("media")]
        sink = Gst.parse_bin_from_description(
            f"queue ! {decoder} ! {raw} ! fakesink name=end sync=false signal-handoffs=true", True
        )
        sink.get_by_name("end").connect("handoff", self.on_decoded)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_decoded(self, _sink, buffer, pad):
        structure = pad.get_current_caps().get_structure(0)
        data = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8)
        if structure.get_name() == "audio/x-raw":
            self.ear.hear(data.view(numpy.int16))
            return
        _, width = structure.get_int("width")
        _, height = structure.get_int("height")
        self.eye.see(data.reshape(height, -1)[:, :width])

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
viewer = Viewer()
for line in lines.calls():
    try:
        method, parameters = lines.parse(line)
        lines.reply(getattr(viewer, method)(**parameters))
    except Exception:
        lines.reply_error()
