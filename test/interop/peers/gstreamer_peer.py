# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin as a peer: pictures and sound are decoded and counted."""
import webrtcbin
from webrtcbin import Gst, GstWebRTC

CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f,rtcp-fb-nack-pli=(boolean)true",
    "vp8": "application/x-rtp,media=video,encoding-name=VP8,payload=97,clock-rate=90000",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,payload=98,clock-rate=48000,"
    "encoding-params=(string)2",
}
DECODERS = {
    "H264": "rtph264depay ! h264parse ! avdec_h264",
    "OPUS": "rtpopusdepay ! opusdec",
    "PCMU": "rtppcmudepay ! mulawdec",
    "PCMA": "rtppcmadepay ! alawdec",
}
DIRECTIONS = {
    "inactive": GstWebRTC.WebRTCRTPTransceiverDirection.INACTIVE,
    "recvonly": GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
}


class Agent(webrtcbin.Peer):
    def __init__(self):
        self.streams = {}  # by SSRC
        self.channels = []

    def open(self, sections, bundle="none", relay=None):
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", bundle)
        if relay:
            scheme, place = relay["urls"][0].split(":", 1)
            self.webrtc.set_property("turn-server", f"{scheme}://{relay['username']}:{relay['credential']}@{place}")
            self.webrtc.set_property("ice-transport-policy", GstWebRTC.WebRTCICETransportPolicy.RELAY)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("pad-added", self.on_pad)
        self.pipeline.set_state(Gst.State.PLAYING)
        for kind in sections:
            self.add(kind)

    def offer(self):
        return self.describe("offer")

    def accept(self, sdp):
        self.set_remote("ANSWER", sdp)

    def answer(self, sdp):
        self.set_remote("OFFER", sdp)
        return self.describe("answer")

    def direct(self, section, direction):
        self.at(section).set_property("direction", DIRECTIONS[direction])

    def stop(self, section):
        raise NotImplementedError("a transceiver has no stop")

    def add(self, kind):
        if kind == "data":
            self.channels.append(self.webrtc.emit("create-data-channel", "data", None))
            return
        caps = Gst.Caps.from_string(CAPS[kind])
        self.webrtc.emit("add-transceiver", DIRECTIONS["recvonly"], caps)

    def restart(self):
        raise NotImplementedError("there is no ICE restart")

    def received(self):
        return list(self.streams.values())

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)

    def at(self, section):
        index = 0
        while True:
            transceiver = self.webrtc.emit("get-transceiver", index)
            if transceiver is None:
                raise LookupError(f"there is no section {section}")
            if transceiver.get_property("mlineindex") == section:
                return transceiver
            index += 1

    def on_pad(self, _, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        structure = pad.get_current_caps().get_structure(0)
        decoder = DECODERS[structure.get_string("encoding-name")]
        sink = Gst.parse_bin_from_description(f"queue ! {decoder} ! fakesink name=end signal-handoffs=true", True)
        _, ssrc = structure.get_uint("ssrc")
        stream = {"kind": structure.get_string("media"), "ssrc": ssrc, "payloadType": -1, "count": 0}
        self.streams[ssrc] = stream
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_packet, stream)
        sink.get_by_name("end").connect("handoff", self.on_decoded, stream)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    @staticmethod
    def on_packet(_, info, stream):
        header = info.get_buffer().extract_dup(0, 12)
        stream["payloadType"] = header[1] & 127
        stream["ssrc"] = int.from_bytes(header[8:12], "big")
        return Gst.PadProbeReturn.OK

    @staticmethod
    def on_decoded(_sink, _buffer, _pad, stream):
        stream["count"] += 1


Agent().serve()
