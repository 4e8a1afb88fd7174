# SPDX-License-Identifier: Apache-2.0
"""Pictures and sound with a mark in both at once: the first tenth of each second is white, and beeps."""
import numpy

WIDTH, HEIGHT, FPS = 640, 480, 30
RATE, SAMPLES = 48000, 960


def draw(counter):
    """The picture of that number, as I420: an array of one and a half times the rows."""
    picture = numpy.full((HEIGHT * 3 // 2, WIDTH), 128, numpy.uint8)
    picture[:HEIGHT] = 235 if counter % FPS < FPS // 10 else 50
    left = counter * 8 % (WIDTH - 80)
    picture[20:100, left : left + 80] = 150
    return picture


def beep(count):
    """20 ms of sound from that sample on."""
    at = count + numpy.arange(SAMPLES)
    loud = (at % RATE < RATE // 10) & (at >= RATE)
    return (loud * 12000 * numpy.sin(2 * numpy.pi * 1000 * at / RATE)).astype(numpy.int16)
