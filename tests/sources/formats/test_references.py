"""The media references of one session: each once, and not more than memory."""

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References


def test_each_place_once_and_in_order() -> None:
    references = References("/s.rpp")
    for recorded in ["b.wav", "a.wav", "./b.wav", "x/b.wav", "x\\b.wav", "file:a.wav"]:
        references.add(lambda recorded=recorded: place("", recorded), "line 1")  # type: ignore[misc]
    references.add(lambda: place("", "b.wav", embedded=True), "line 2")
    assert [found.recorded for found in references.all()] == ["b.wav", "a.wav", "x/b.wav", "b.wav"]


def test_what_is_no_place_is_refused_and_urls_noted() -> None:
    references = References("/s\n.rpp")
    references.add(lambda: place("", "http://x/a.wav"), "line 7")
    assert references.notes == ["line 7: the medium's place is no file's URL"]
    with pytest.raises(SessionError, match=r"^/s\\n.rpp: line 8: the medium's place is empty$"):
        references.add(lambda: place("", ""), "line 8")
    for number in range(300):
        references.note(f"{number}")
        references.note(f"{number}")
    assert len(references.notes) == 100


def test_more_media_than_memory() -> None:
    references = References("/s.rpp")

    def add_all() -> None:
        for number in range(20_000):
            references.add(lambda number=number: place("", f"{number}" + "x" * 8000), "line 1")  # type: ignore[misc]

    with pytest.raises(SessionError, match="more media"):
        add_all()


def test_more_uses_of_media_than_time() -> None:
    references = References("/s.rpp")

    def add_all() -> None:
        for _ in range(200_001):
            references.add(lambda: found, "line 1")

    found = place("", "a.wav")
    with pytest.raises(SessionError, match="more uses of media"):
        add_all()
    assert references.all() == (found,)
