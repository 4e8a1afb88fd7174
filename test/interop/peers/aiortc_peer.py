# SPDX-License-Identifier: Apache-2.0
"""aiortc as a peer: pictures and sound are decoded and counted."""
import asyncio

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

import lines


class Agent:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.streams = {}  # by the receiver
        self.tasks = []

    async def open(self, sections, bundle=None):
        @self.pc.on("track")
        def on_track(track):
            for receiver in self.pc.getReceivers():
                if receiver.track == track:
                    self.listen(receiver)

        for kind in sections:
            await self.add(kind)

    async def offer(self):
        return await self.describe(await self.pc.createOffer())

    async def accept(self, sdp):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def answer(self, sdp):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        return await self.describe(await self.pc.createAnswer())

    async def direct(self, section, direction):
        self.at(section).direction = direction

    async def stop(self, section):
        await self.at(section).stop()

    async def add(self, kind):
        if kind == "data":
            self.pc.createDataChannel("data")
            return
        transceiver = self.pc.addTransceiver("audio" if kind == "audio" else "video", direction="recvonly")
        if kind == "vp8":
            codecs = RTCRtpReceiver.getCapabilities("video").codecs
            transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/VP8"])

    async def restart(self):
        raise NotImplementedError("there is no ICE restart")

    async def received(self):
        return list(self.streams.values())

    async def close(self):
        await self.pc.close()

    def at(self, section):
        return next(one for one in self.pc.getTransceivers() if one._get_mline_index() == section)

    async def describe(self, description):
        await self.pc.setLocalDescription(description)
        return self.pc.localDescription.sdp

    def listen(self, receiver):
        stream = {"kind": receiver.track.kind, "ssrc": 0, "payloadType": -1, "count": 0}
        self.streams[receiver] = stream
        take = receiver._handle_rtp_packet

        async def handle(packet, *parameters, **more):
            stream.update(ssrc=packet.ssrc, payloadType=packet.payload_type)
            await take(packet, *parameters, **more)

        receiver._handle_rtp_packet = handle
        self.tasks.append(asyncio.ensure_future(self.count(receiver.track, stream)))

    async def count(self, track, stream):
        try:
            while True:
                await track.recv()  # decoded
                stream["count"] += 1
        except MediaStreamError:
            pass  # its end


lines.serve_async(Agent)
