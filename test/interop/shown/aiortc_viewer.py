# SPDX-License-Identifier: Apache-2.0
"""aiortc looks at a device, and listens."""
import asyncio
import sys
from pathlib import Path

import numpy
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

import senses

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402


class Viewer:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.eye, self.ear = senses.Eye(), senses.Ear(48000)
        self.tasks = []

    async def offer(self, kind, codec):
        @self.pc.on("track")
        def on_track(track):
            self.tasks.append(asyncio.ensure_future(self.follow(track)))

        transceiver = self.pc.addTransceiver(kind, direction="recvonly")
        wanted = (f"{kind}/{codec}".lower(), "video/rtx")
        codecs = RTCRtpReceiver.getCapabilities(kind).codecs
        transceiver.setCodecPreferences([one for one in codecs if one.mimeType.lower() in wanted])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def follow(self, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.eye.see(frame.to_ndarray(format="gray"))
                    continue
                pcm = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)]
                self.ear.hear(numpy.repeat(pcm, 48000 // frame.sample_rate))
        except MediaStreamError:
            pass  # its end

    async def told(self):
        return {"counters": self.eye.counters, "decoded": len(self.eye.counters), "beeps": self.ear.beeps()}


lines.serve_async(Viewer)
