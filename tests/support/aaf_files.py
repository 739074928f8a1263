"""AAF files as programs export them, written with pyaaf2."""

from typing import Any

import aaf2

AUDIO_RATE = 48000

_REQUIRED = {
    "SampleRate": AUDIO_RATE,
    "Length": 0,
    "Channels": 1,
    "QuantizationBits": 24,
    "BlockAlign": 3,
    "AverageBPS": 3 * AUDIO_RATE,
    "VideoLineMap": [42, 0],
    "StoredWidth": 1920,
    "StoredHeight": 1080,
    "ImageAspectRatio": "16/9",
    "FrameLayout": "FullFrame",
    "ComponentWidth": 8,
    "HorizontalSubsampling": 2,
    "Summary": b"RIFF",
}


class Aaf:
    """An AAF that is being written; `with Aaf(path) as aaf:`."""

    def __init__(self, path: str, sector_size: int = 4096) -> None:
        self.file: Any = aaf2.open(path, "w", sector_size=sector_size)

    def __enter__(self) -> "Aaf":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def locator(self, url: str) -> Any:
        locator = self.file.create.NetworkLocator()
        locator["URLString"].value = url
        return locator

    def sound(self, *urls: str, rate: int = AUDIO_RATE, length: int = 0) -> Any:
        """A PCM descriptor that links to the URLs."""
        return self.described("PCMDescriptor", *urls, SampleRate=rate, Length=length)

    def picture(self, *urls: str) -> Any:
        """A CDCI descriptor that links to the URLs."""
        return self.described("CDCIDescriptor", *urls, SampleRate=25)

    def described(self, kind: str, *urls: str, **properties: Any) -> Any:
        """A descriptor of that class that links to the URLs; what it must have is filled in."""
        descriptor = self.file.create.from_name(kind)
        values = {**_REQUIRED, "AudioSamplingRate": properties.get("SampleRate"), **properties}
        for each in descriptor.classdef.all_propertydefs():
            name = each.property_name
            if name in properties or (not each.optional and name in values):
                descriptor[name].value = values[name]
        for url in urls:
            descriptor["Locator"].append(self.locator(url))
        return descriptor

    def mob(
        self,
        name: str,
        descriptor: Any,
        *,
        edit_rate: int = AUDIO_RATE,
        length: int | None = None,
        essence: bytes | None = None,
    ) -> Any:
        """A source mob with the descriptor, a slot if it has a length, and essence data."""
        mob = self.file.create.SourceMob(name)
        mob.name = name or None
        mob.descriptor = descriptor
        self.file.content.mobs.append(mob)
        if length is not None:
            slot = mob.create_empty_slot(edit_rate, "sound")
            slot.segment.length = length
        if essence is not None:
            data = self.file.create.EssenceData()
            data.mob_id = mob.mob_id
            self.file.content.essencedata.append(data)
            data.open("w").write(essence)
        return mob
