# SPDX-License-Identifier: Apache-2.0
"""aiortc sends marks, in H.264 and Opus."""
import asyncio
import fractions
import sys
import time
from pathlib import Path

import av
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

import marks

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

begun = [time.time()]


class Pictures(VideoStreamTrack):
    counter = 0

    async def recv(self):
        await asyncio.sleep(max(0, begun[0] + self.counter / marks.FPS - time.time()))
        frame = av.VideoFrame.from_ndarray(marks.draw(self.counter), "yuv420p")
        frame.pts = self.counter * 90000 // marks.FPS
        frame.time_base = fractions.Fraction(1, 90000)
        self.counter += 1
        return frame


class Sound(AudioStreamTrack):
    count = 0

    async def recv(self):
        await asyncio.sleep(max(0, begun[0] + self.count / marks.RATE - time.time()))
        frame = av.AudioFrame.from_ndarray(marks.beep(self.count).reshape(1, -1), "s16", "mono")
        frame.sample_rate = marks.RATE
        frame.pts = self.count
        frame.time_base = fractions.Fraction(1, marks.RATE)
        self.count += marks.SAMPLES
        return frame


class Sender:
    def __init__(self):
        self.pc = RTCPeerConnection()

    async def offer(self):
        for kind, track, wanted in (
            ("audio", Sound(), ("audio/opus",)),
            ("video", Pictures(), ("video/H264", "video/rtx")),
        ):
            transceiver = self.pc.addTransceiver(track, direction="sendonly")
            codecs = RTCRtpSender.getCapabilities(kind).codecs
            transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType in wanted])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        begun[0] = time.time() + 1
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))


lines.serve_async(Sender)
