# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin looks at a device, and listens."""
import sys
from pathlib import Path

import numpy

import senses

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import webrtcbin  # noqa: E402
from webrtcbin import Gst, GstWebRTC  # noqa: E402

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


class Viewer(webrtcbin.Peer):
    def __init__(self):
        self.eye, self.ear = senses.Eye(), senses.Ear(48000)

    def offer(self, kind, codec):
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", "max-bundle")
        self.webrtc.set_property("latency", 600)  # milliseconds: time to ask again for a repair that was lost
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("pad-added", self.on_pad)
        self.pipeline.set_state(Gst.State.PLAYING)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        transceiver = self.webrtc.emit("add-transceiver", direction, Gst.Caps.from_string(CAPS[codec]))
        transceiver.set_property("do-nack", True)
        return self.describe("offer")

    def answer(self, sdp):
        self.set_remote("ANSWER", sdp)

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


Viewer().serve()
