# SPDX-License-Identifier: Apache-2.0
"""aiortc sends pictures that count, H.264 of libx264 (see card.mjs)."""
import asyncio
import fractions
import sys
import time
from pathlib import Path

import av
import numpy
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack

sys.path.insert(0, str(Path(__file__).parent.parent / "peers"))
import lines  # noqa: E402

WIDTH, HEIGHT, RATE = 640, 480, 20
CELL = WIDTH // 40


def cells(counter):
    data = [0xB2, *counter.to_bytes(4, "big"), 0, 0, 0, 0]
    crc = 0
    for byte in data[1:]:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x07 if crc & 0x80 else crc << 1
            crc &= 0xFF
    return [byte >> bit & 1 for byte in [*data, crc] for bit in range(7, -1, -1)]


class Card(VideoStreamTrack):
    def __init__(self):
        super().__init__()
        self.counter = 0
        self.begun = time.time()

    async def recv(self):
        await asyncio.sleep(max(0, self.begun + self.counter / RATE - time.time()))
        picture = numpy.full((HEIGHT * 3 // 2, WIDTH), 128, numpy.uint8)
        picture[:HEIGHT] = 90
        for i, bit in enumerate(cells(self.counter)):
            row, column = divmod(i, 40)
            picture[row * CELL : row * CELL + CELL, column * CELL : column * CELL + CELL] = 235 if bit else 16
        left = self.counter * 8 % (WIDTH - 80)
        picture[200:280, left : left + 80] = 200
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = self.counter * 90000 // RATE
        frame.time_base = fractions.Fraction(1, 90000)
        self.counter += 1
        return frame


class Sender:
    def __init__(self):
        self.pc = RTCPeerConnection()
        self.card = Card()

    async def offer(self):
        transceiver = self.pc.addTransceiver(self.card, direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType in ("video/H264", "video/rtx")])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        self.card.begun, self.card.counter = time.time(), 0

    async def sent(self):
        return {"framesSent": self.card.counter}

    async def close(self):
        await self.pc.close()


async def main():
    sender = Sender()
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        try:
            method, parameters = lines.parse(line)
            lines.reply(await getattr(sender, method)(**parameters))
        except Exception:
            lines.reply_error()


asyncio.run(main())
