# SPDX-License-Identifier: Apache-2.0
"""Reads the test card (native/capture/README.md), and hears its beeps."""
import numpy

BEEP = 1000  # Hz
LOUD = 2000  # of 32,768
PAUSE = 0.3  # seconds


class Eye:
    def __init__(self):
        self.counters = []  # of pictures, None where it cannot be read

    def see(self, luma):
        """An array of rows."""
        height, width = luma.shape
        cell = width / 40
        columns = ((numpy.arange(40) + 0.5) * cell).astype(int)
        bits = [int(luma[int((row + 0.5) * cell), column] > 127) for row in range(2) for column in columns]
        data = [int("".join(map(str, bits[i : i + 8])), 2) for i in range(0, 80, 8)]
        crc = 0
        for byte in data[1:9]:
            crc ^= byte
            for _ in range(8):
                crc = ((crc << 1) ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
        isCard = data[0] == 0xB2 and crc == data[9]
        self.counters.append(int.from_bytes(bytes(data[1:5]), "big") if isCard else None)


class Ear:
    def __init__(self, rate):
        self.rate = rate
        self.samples = numpy.zeros(0, numpy.int16)

    def hear(self, samples):
        self.samples = numpy.concatenate([self.samples, samples])

    def beeps(self):
        """When each began, in seconds; how long it was; and the part of it that is the tone."""
        loud = numpy.flatnonzero(numpy.abs(self.samples.astype(int)) > LOUD)
        found = []
        for group in numpy.split(loud, numpy.flatnonzero(numpy.diff(loud) > PAUSE * self.rate) + 1):
            if not len(group):
                continue
            part = self.samples[group[0] : group[-1] + 1].astype(float)
            turn = numpy.exp(-2j * numpy.pi * BEEP * numpy.arange(len(part)) / self.rate)
            pure = 2 * abs((part * turn).sum()) ** 2 / len(part) / max(1, (part**2).sum())
            found.append([group[0] / self.rate, len(part) / self.rate, pure])
        return found
