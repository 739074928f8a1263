"""Names on disc: safe, unique to any reader, the same every time; and ISO 9660 identifiers."""

import hashlib
import os
import re
import unicodedata
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spanner.imaging.names import DiscNames, IsoNames, is_plain, udf_bytes
from support.work import lines

# Letters that fold together, and all that makes trouble.
TRICKY = "aAsSßéÉe\u0301kK\u212aﬁfiıİ あ0BΣςσ\u0345~._%250dD\\ \u00a0\n\x85\u2028\x7f\udc80\udcff🎸"
ANY_NAME = (
    st.text(TRICKY, min_size=1, max_size=5) | st.binary(min_size=1).map(os.fsdecode)
).filter(lambda name: name not in (".", "..") and not {"/", "\0"} & set(name))


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@pytest.mark.parametrize(
    "name",
    [
        "a.wav",
        "Gitarre Ü.wav",
        "🎸 あ",
        " a",
        "...",
        "100%",
        "%2",
        "%20",
        "a:b*c?",
        "x" * 253,
        "é" * 126,  # 252 bytes of UTF-8
        "あ" * 84,  # 252 bytes
        "🎸" * 63,  # 252 bytes, the same in UTF-16
    ],
)
def test_plain(name: str) -> None:
    assert is_plain(name)


@pytest.mark.parametrize(
    "name",
    [
        "a\\b",
        "ü\\",
        "a%0ab",
        "a%0Db",
        "%25",
        "ü%0D",
        "a ",
        "ü ",
        "a\u00a0",
        "a\u3000",
        "a\nb",
        "a\r",
        "\t",
        "\x00",
        "\x1f",
        "\x7f",
        "a\x1cb",
        "a\x85b",
        "a\u2028b",
        "a\u2029b",
        "\udcff",
        "a\udc80b",
        "x" * 254,
        "é" * 128,
        "あ" * 86,
        "あ" + "a" * 126,  # 254 bytes in UTF-16, 129 in UTF-8
        "🎸" * 64,
    ],
)
def test_not_plain(name: str) -> None:
    assert not is_plain(name)


@given(ANY_NAME)
def test_a_plain_name_is_one_line_of_utf8_within_the_limits(name: str) -> None:
    if is_plain(name):
        assert name.splitlines() == [name]
        assert name == name.rstrip()
        assert len(name.encode("utf-8")) <= 253
        assert len(udf_bytes(name)) <= 253


def test_udf_has_eight_or_sixteen_bits() -> None:
    assert udf_bytes("Gü") == b"G\xfc"
    assert udf_bytes("Gあ") == b"\x00G\x30\x42"
    assert udf_bytes("🎸") == b"\xd8\x3c\xdf\xb8"


FILES = st.lists(
    st.tuples(ANY_NAME, st.sampled_from([1, 1, 1, 2, 3])), unique_by=lambda each: each[0]
)


def own_names(name: str, parts: int) -> list[str]:
    return [name] if parts == 1 else [f"{name}.{part:03}" for part in range(1, parts + 1)]


def keys(names: list[str]) -> set[str | bytes]:
    return {key for name in names for key in (folded(name), udf_bytes(name))}


@settings(max_examples=300)
@given(FILES)
@example([("a.wav", 2), ("A.WAV.001", 1), ("a.wav.002", 1)])
@example([("0B", 1), ("あ", 1)])
@example([("ß", 1), ("SS", 1), ("ss", 1)])
@example([("é", 1), ("e\u0301", 1), ("É", 1)])
@example([("\u212a", 1), ("k", 1)])
def test_disc_names(files: list[tuple[str, int]]) -> None:
    names, again = DiscNames(), DiscNames()
    places = [names.file(f"S/{name}", parts) for name, parts in files]
    assert [again.file(f"S/{name}", parts) for name, parts in files] == places
    assert all(place.startswith("data/S/") for place in places)
    found = [place.removeprefix("data/S/") for place in places]
    on_disc = [
        each for x, (_, parts) in zip(found, files, strict=True) for each in own_names(x, parts)
    ]
    assert all(map(is_plain, on_disc))
    assert not any("/" in name for name in on_disc)
    assert len(set(map(folded, on_disc))) == len(on_disc)
    assert len(set(map(udf_bytes, on_disc))) == len(on_disc)
    taken: set[str | bytes] = set()
    for (name, parts), place in zip(files, found, strict=True):
        own = own_names(name, parts)
        free = all(map(is_plain, own)) and taken.isdisjoint(keys(own))
        assert (place == name) == free
        taken |= keys(own_names(place, parts))


@pytest.mark.parametrize(
    ("name", "stem", "tail"),
    [
        ("a\\b.wav", "a_b", ".wav"),
        ("a\nb\u2028c\udcff.w\tv", "a_b_c_", ".w_v"),
        ("%0a%25%", "__%", ""),
        ("x" * 300 + ".wav", "x" * 60, ".wav"),
        ("あ" * 300, "あ" * 60, ""),
        ("🎸" * 100, "🎸" * 45, ""),
        ("\\." + "e" * 13, "_." + "e" * 13, ""),
        ("\\." + "é" * 6, "_", "." + "é" * 6),
        (".\\", "._", ""),
        ("a . ", "a", ""),
        ("\\.", "_", ""),
        (" ", "", ""),
    ],
)
def test_safe_name(name: str, stem: str, tail: str) -> None:
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()
    assert DiscNames().file(f"S/{name}") == f"data/S/{stem}~{digest[:8]}{tail}"


def test_a_taken_safe_name_gets_more_of_the_hash() -> None:
    digest = hashlib.sha256(b"a\\").hexdigest()
    names = DiscNames()
    assert names.file(f"S/A_~{digest[:8]}") == f"data/S/A_~{digest[:8]}"
    assert names.file("S/a\\") == f"data/S/a_~{digest[:12]}"


def test_directories_keep_their_safe_name_for_all_that_is_in_them() -> None:
    names = DiscNames()
    digest = hashlib.sha256(b"b\\").hexdigest()
    place = f"data/S/b_~{digest[:8]}"
    assert names.directory("S") == "data/S"
    assert names.directory("S/b\\") == place
    assert names.directory("S/b\\") == place
    assert names.file("S/b\\/x.wav") == f"{place}/x.wav"
    # The same name in another directory is no neighbour.
    assert names.file("S/x.wav") == "data/S/x.wav"
    assert names.file("S/B_~" + digest[:8]) != "data/S/B_~" + digest[:8]


def test_directories_need_not_be_named_before() -> None:
    names = DiscNames()
    assert names.file("S/a/b/c") == "data/S/a/b/c"
    assert names.file("S/a/B") != "data/S/a/B"
    assert names.directory("S/a/b") == "data/S/a/b"


ISO_FILE = re.compile(r"/([A-Z0-9_]+)\.([A-Z0-9_]*);1")
ISO_DIRECTORY = re.compile(r"/([A-Z0-9_]+)")


def iso_names_are_right(places: list[str]) -> bool:
    matches = [ISO_FILE.fullmatch(place) or ISO_DIRECTORY.fullmatch(place) for place in places]
    return len(set(places)) == len(places) and all(
        match and sum(map(len, match.groups())) <= 30 for match in matches
    )


@settings(max_examples=200)
@given(st.lists(st.tuples(ANY_NAME, st.booleans())))
def test_iso_names(entries: list[tuple[str, bool]]) -> None:
    names, again = IsoNames(), IsoNames()
    places = [names.directory(f"/{x}") if folder else names.file(f"/{x}") for x, folder in entries]
    assert iso_names_are_right(places)
    assert places == [
        again.directory(f"/{x}") if folder else again.file(f"/{x}") for x, folder in entries
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "{:05} take.wav",
        "Interview mit Herrn Müller, {}. Teil.wav",
        "a very long name that says nothing, {:05}",
        "first 24 characters, {1:03}, and {0} more.wav",  # many stems, each many times
    ],
)
def test_iso_names_of_thousands_of_files(pattern: str) -> None:
    paths = ["/" + pattern.format(number, number % 1000) for number in range(20_000)]

    def placed(count: int) -> list[str]:
        names = IsoNames()
        return [*map(names.file, paths[:count]), *map(names.directory, paths[:count])]

    assert iso_names_are_right(placed(20_000))
    few, many = (lines(partial(placed, count)) for count in (4000, 8000))
    assert many < 2.1 * few
    assert many < 150 * 8000


def test_iso_names_examples() -> None:
    names = IsoNames()
    assert names.directory("data") == "/DATA"
    assert names.directory("data/Söng – 1") == "/DATA/SONG___1"
    assert names.file("data/Söng – 1/Take.01.wav") == "/DATA/SONG___1/TAKE_01.WAV;1"
    assert names.file("data/Söng – 1/take_01.WAV") == "/DATA/SONG___1/TAKE_01_1.WAV;1"
    assert names.file("data/Söng – 1/あ") == "/DATA/SONG___1/_.;1"
    assert names.file("data/Söng – 1/.x") == "/DATA/SONG___1/_.X;1"
    assert names.file("README.txt") == "/README.TXT;1"
    assert names.directory("data/söng_-_1") == "/DATA/SONG___1_1"
    assert names.file("x" * 40 + ".extension") == f"/{'X' * 24}.EXTE;1"
    assert names.directory("x" * 40) == f"/{'X' * 28}"
