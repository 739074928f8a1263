"""A small session of audible files: 24-bit tones, and a session document beside them."""

import array
import math
import os
import wave

_RATE = 48_000  # frames a second
_SECONDS = 6
_AMPLITUDE = 0.25
_TRACKS = {  # name: frequency in Hz
    "Audio Files/Bass_01.wav": 55.0,
    "Audio Files/Cello_01.wav": 130.81,
    "Audio Files/Flute_01.wav": 523.25,
    "Audio Files/Flute_02.wav": 659.26,
    "Audio Files/Guitar_01.wav": 196.0,
    "Audio Files/Oboe_01.wav": 392.0,
    "Audio Files/Piano_01.wav": 261.63,
    "Audio Files/Piano_02.wav": 329.63,
    "Audio Files/Trömpete_01.wav": 466.16,
    "Audio Files/Viola_01.wav": 220.0,
    "Audio Files/Violin_01.wav": 440.0,
    "Bounced Files/Chord Mix.wav": 293.66,
}


def make_session(folder: str) -> None:
    """Make the session in the folder, which must not exist."""
    for name, frequency in _TRACKS.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _write_tone(path, frequency)
    os.makedirs(os.path.join(folder, "Session File Backups"))
    with open(os.path.join(folder, "Demo Session.rpp"), "w", encoding="utf-8") as document:
        document.write("<REAPER_PROJECT 0.1\n")
        for name in _TRACKS:
            document.write(f'  <TRACK\n    <ITEM\n      <SOURCE WAVE\n        FILE "{name}"\n')
            document.write("      >\n    >\n  >\n")
        document.write(">\n")


def _write_tone(path: str, frequency: float) -> None:
    """A tone that fades in and out, mono, 24-bit."""
    frames = _RATE * _SECONDS
    peak = int(_AMPLITUDE * (1 << 23))
    step = 2 * math.pi * frequency / _RATE
    samples = array.array(
        "i",
        (int(peak * math.sin(step * n) * math.sin(math.pi * n / frames)) for n in range(frames)),
    )
    if samples.itemsize != 4:
        raise AssertionError("int has 32 bits on every platform that this runs on")
    data = samples.tobytes()
    packed = bytearray(3 * frames)  # the low three bytes of each
    for byte in range(3):
        packed[byte::3] = data[byte::4]
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(_RATE)
        file.writeframes(packed)
