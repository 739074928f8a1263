"""media.tsv: what sessions refer to, written and read back; on the discs and in README.txt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.catalog.media_table import lines, parse
from spanner.catalog.reader import read_references
from spanner.errors import DamagedImageError
from spanner.model.tree import ReferenceRecord
from spanner.reading.discs import FolderDisc
from spanner.sources.collect import CollectOptions, collect
from support.discs import copy_out
from support.projects import reaper
from support.sets import make_set
from support.trees import write

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\t\n\\\udcff-"))


@given(
    st.lists(
        st.builds(
            ReferenceRecord,
            **dict.fromkeys(
                ReferenceRecord.__struct_fields__, texts.filter(lambda text: text not in ("", "-"))
            ),
        )
    )
)
def test_all_comes_back(references: list[ReferenceRecord]) -> None:
    assert list(parse("".join(lines(references)).splitlines(keepends=True))) == references


def test_what_was_not_found_has_dashes() -> None:
    record = ReferenceRecord(
        session="Song/Song.rpp", kind="audio", status="missing", recorded="/a\tb.wav"
    )
    *_, line = lines([record])
    assert line == "Song/Song.rpp\taudio\tmissing\t/a\\tb.wav\t-\t-\n"
    assert list(parse(lines([record]))) == [record]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1"),
        ("session\tkind\n", "line 1"),
        ("{header}a\tb\n", "line 2: 2 fields"),
        ("{header}a\tb\tc\td\te\tf\n{row}a\\q\tb\tc\td\te\tf\n", "line 3: unknown escape"),
    ],
)
def test_lines_that_are_none(text: str, problem: str) -> None:
    (header,) = lines([])
    with pytest.raises(ValueError, match=problem):
        list(parse(text.format(header=header, row="").splitlines(keepends=True)))


@pytest.fixture
def disc(tmp_path: Path) -> FolderDisc:
    """A disc of a session that needs one file from elsewhere and two that are lost."""
    outside = write(str(tmp_path / "Library"), "Loop.wav", b"loop")
    project = reaper(outside, "Lost.wav", "/Volumes/AG/Gone.wav")
    write(str(tmp_path / "Song"), "Song.rpp", project)
    write(str(tmp_path / "Song"), "Broken.ptx", b"\3")
    tree = collect([str(tmp_path / "Song")], CollectOptions(allow_missing=True))
    made = make_set("", str(tmp_path / "discs"), tree=tree)
    (image,) = made.images
    folder = copy_out(image, str(tmp_path / "copies"))
    return FolderDisc(folder)


def test_a_disc_says_what_its_sessions_need(disc: FolderDisc, tmp_path: Path) -> None:
    found = {each.recorded: each for each in read_references(disc.read, "disc")}
    loop = found[str(tmp_path / "Library/Loop.wav")]
    assert loop.path.startswith("Song/External Media/")
    assert disc.read(f"data/{loop.path}") == b"loop"
    assert {found[name].status for name in ("Lost.wav", "/Volumes/AG/Gone.wav")} == {"missing"}
    readme = disc.read("README.txt").decode()
    assert readme.index("NOT in this set") < readme.index("  /Volumes/AG/Gone.wav\n")
    assert "  Lost.wav\n" in readme
    assert readme.index("could not be read") < readme.index("Broken.ptx: is no session")


def test_a_disc_without_sessions_says_nothing_of_them(tmp_path: Path) -> None:
    write(str(tmp_path / "Plain"), "a.wav")
    made = make_set(str(tmp_path / "Plain"), str(tmp_path / "discs"))
    (image,) = made.images
    folder = copy_out(image, str(tmp_path / "copies"))
    assert read_references(FolderDisc(folder).read, "disc") == []
    assert b"media.tsv" not in FolderDisc(folder).read("README.txt")


def test_a_damaged_table_is_not_believed(disc: FolderDisc) -> None:
    def read(path: str) -> bytes:
        text = disc.read(path)
        return text.replace(b"outside", b"missing") if path.endswith("media.tsv") else text

    with pytest.raises(DamagedImageError, match=r"media\.tsv"):
        read_references(read, "disc")
