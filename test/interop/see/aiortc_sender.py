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


create_encoder = aiortc.codecs.h264.create_encoder_context


def create_encoder_with_key_frames(*parameters, **named):
    """This aiortc lets H.264's encoder make a key frame at the beginning alone, whoever asks for one."""
    codec, buffering = create_encoder(*parameters, **named)
    codec.gop_size = 2 * card.RATE
    return codec, buffering


aiortc.codecs.h264.create_encoder_context = create_encoder_with_key_frames


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
