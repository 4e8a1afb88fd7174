# SPDX-License-Identifier: Apache-2.0
"""aiortc sends pictures that count, H.264 of libx264 or VP8 of libvpx."""
import asyncio
import fractions
import sys
import time
from pathlib import Path

import av
import aiortc.codecs.h264
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack

import card

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402


def create_encoder_context(name, width, height, bitrate):
    """As aiortc's own, with key frames: it lets H.264's encoder make one at the beginning alone, whoever asks for more."""
    codec = av.CodecContext.create(name, "w")
    codec.width, codec.height, codec.bit_rate, codec.pix_fmt = width, height, bitrate, "yuv420p"
    codec.framerate, codec.time_base = fractions.Fraction(card.RATE, 1), fractions.Fraction(1, card.RATE)
    codec.options = {"profile": "baseline", "level": "31", "tune": "zerolatency", "g": str(card.RATE // 2)}
    codec.open()
    return codec, name == "h264_omx"


if "keys" in sys.argv:
    aiortc.codecs.h264.create_encoder_context = create_encoder_context


class Card(VideoStreamTrack):
    def __init__(self):
        super().__init__()
        self.counter = 0
        self.begun = time.time()

    async def recv(self):
        await asyncio.sleep(max(0, self.begun + self.counter / card.RATE - time.time()))
        frame = av.VideoFrame.from_ndarray(card.draw(self.counter), "yuv420p")
        frame.pts = self.counter * 90000 // card.RATE
        frame.time_base = fractions.Fraction(1, 90000)
        self.counter += 1
        return frame


class Sender:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.card = Card()

    async def offer(self, codec):
        transceiver = self.pc.addTransceiver(self.card, direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        wanted = (f"video/{codec}", "video/rtx")
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType in wanted])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        self.card.begun, self.card.counter = time.time(), 0

    async def sent(self):
        return {"framesSent": self.card.counter}

    async def close(self):
        await self.pc.close()


lines.serve_async(Sender)
