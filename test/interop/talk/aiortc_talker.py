# SPDX-License-Identifier: Apache-2.0
"""aiortc speaks a tone."""
import asyncio
import fractions
import sys
import time
from pathlib import Path

import av
import numpy
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

RATE, SAMPLES = 48000, 960


class Tone(AudioStreamTrack):
    def __init__(self, tone):
        super().__init__()
        self.tone = tone
        self.count = 0
        self.begun = time.time()

    async def recv(self):
        await asyncio.sleep(max(0, self.begun + self.count / RATE - time.time()))
        phase = 2 * numpy.pi * self.tone * (self.count + numpy.arange(SAMPLES)) / RATE
        pcm = (8000 * numpy.sin(phase)).astype(numpy.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, "s16", "mono")
        frame.sample_rate = RATE
        frame.pts = self.count
        frame.time_base = fractions.Fraction(1, RATE)
        self.count += SAMPLES
        return frame


class Talker:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.track = None

    async def offer(self, codec, tone):
        self.track = Tone(tone)
        transceiver = self.pc.addTransceiver(self.track, direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        wanted = f"audio/{codec}".lower()
        transceiver.setCodecPreferences([one for one in codecs if one.mimeType.lower() == wanted])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        self.track.begun, self.track.count = time.time(), 0
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))


lines.serve_async(Talker)
