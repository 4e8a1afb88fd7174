# SPDX-License-Identifier: Apache-2.0
"""Pictures that count (see card.mjs), as I420."""
import numpy

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


def draw(counter):
    """An array of one and a half times the rows: luma, then the two others."""
    picture = numpy.full((HEIGHT * 3 // 2, WIDTH), 128, numpy.uint8)
    picture[:HEIGHT] = 90
    for i, bit in enumerate(cells(counter)):
        row, column = divmod(i, 40)
        picture[row * CELL : row * CELL + CELL, column * CELL : column * CELL + CELL] = 235 if bit else 16
    left = counter * 8 % (WIDTH - 80)
    picture[200:280, left : left + 80] = 200
    return picture
