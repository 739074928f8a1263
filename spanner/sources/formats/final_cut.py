"""Final Cut Pro's XML: FCPXML of Final Cut Pro X and later, and xmeml of Final Cut Pro 7.

After Apple's "FCPXML Reference" with its DTDs (version 1.0 to 1.13; in bundles, .fcpxmld, the file
is Info.fcpxml) and the "Final Cut Pro XML Interchange Format" (xmeml 1 to 5), which other programs
write too. An FCPXML asset has the place in `src` up to 1.8, then in the `src` of its media-reps.
"""

import os
from decimal import Decimal, InvalidOperation

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.opening import Chunks, opened, plain, refused
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References
from spanner.sources.formats.xml import Event, nested, root

_INSIDE_BUNDLE = "Info.fcpxml"
_ROOTS = ("fcpxml", "xmeml")
_MOST_BYTES = 100_000_000  # films of some hours have a tenth of it


def is_final_cut(head: bytes) -> bool:
    """Whether a file that begins so is FCPXML or xmeml."""
    first = root(head)
    return first is not None and first.tag in _ROOTS


def read(path: str) -> Session:
    """The FCPXML or xmeml file, or the FCPXML bundle, at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound FCPXML or xmeml; with the line.
    """
    bundle = os.path.basename(os.path.abspath(path)) if _is_folder(path) else ""
    file = os.path.join(path, _INSIDE_BUNDLE) if bundle else path
    parser = _FinalCutParser(file, bundle)
    for event, above in nested(file, _bounded(file)):
        if event.starts:
            parser.start(event, above)
        else:
            parser.end(event, above)
    return Session(
        application="Final Cut Pro 7" if parser.format == "xmeml" else "Final Cut Pro",
        version=parser.version,
        format=parser.format,
        media=parser.references.all(),
        sample_rate=parser.sample_rate,
        notes=tuple(parser.references.notes),
    )


def _bounded(path: str) -> Chunks:
    """The file's bytes in chunks; a file far larger than any real one is refused at once."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise refused(path, f"more than {_MOST_BYTES // 10**6} MB of XML")
    yield from plain(path)


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:  # what is no name on disk
        return False


class _FinalCutParser:
    """The state of reading one file; `bundle` is the name of the folder that it lies in, if any."""

    def __init__(self, path: str, bundle: str) -> None:
        self.references = References(path)
        self.format = ""
        self.version = ""
        self.sample_rate: int | None = None
        self._path = path
        self._bundle = bundle
        self._seen: set[str] = set()
        self._asset = ""  # what the asset's media are if their names do not tell

    def start(self, event: Event, above: list[str]) -> None:
        attributes = event.attributes
        if event.above == 0:
            if event.tag not in _ROOTS:
                what = f"is no FCPXML or xmeml but <{event.tag}>"
                raise refused(self._path, what, event.line)
            self.format = event.tag
            self.version = attributes.get("version", "")
        elif self.format != "fcpxml":
            return
        elif event.tag == "asset":
            only_audio = attributes.get("hasAudio") == "1" and attributes.get("hasVideo") != "1"
            self._asset = "audio" if only_audio else "video"
            if "src" in attributes:
                self._add(attributes["src"], self._asset, event)
        elif above[-2:] == ["asset", "media-rep"]:
            if "src" not in attributes:
                raise refused(self._path, "media-rep without src", event.line)
            self._add(attributes["src"], self._asset, event)
        elif event.tag == "sequence" and self.sample_rate is None:
            self.sample_rate = self._rate(attributes.get("audioRate", ""), event)

    def end(self, event: Event, above: list[str]) -> None:
        if self.format != "xmeml":
            return
        if event.tag == "pathurl" and event.text.strip():
            self._add(event.text.strip(), "video", event)
        elif (
            event.tag == "samplerate"
            and self.sample_rate is None
            and "sequence" in above
            and "file" not in above  # of the sequence itself, not of one of its media
        ):
            self.sample_rate = self._rate(f"{event.text.strip()}h", event)

    def _add(self, recorded: str, otherwise: str, event: Event) -> None:
        if not recorded or recorded in self._seen:  # there are far more clips than media
            return

        def make() -> MediaReference:
            # A bundle's media lie in its folder, and that lies beside it.
            found = place("", recorded, url=True, otherwise=otherwise)
            self._seen.add(recorded)
            if found.volume or not self._bundle:
                return found
            directory = (self._bundle, *found.directory)
            return MediaReference(
                kind=found.kind, name=found.name, volume="", directory=directory, recorded=recorded
            )

        self.references.add(make, f"line {event.line}, {event.tag}")

    def _rate(self, text: str, event: Event) -> int | None:
        """The sample rate that "44.1k" (FCPXML) or "48000h" means; None if there is none."""
        number, unit = text[:-1], text[-1:]
        if not number:
            return None
        try:
            rate = Decimal(number) * (1000 if unit == "k" else 1)
            if unit in ("k", "h") and len(number) < 10 and 0 <= rate < 10**9:
                return int(rate) or None
        except InvalidOperation:
            pass
        raise refused(self._path, f"{event.tag}: the sample rate {number!r:.20}", event.line)
