"""The library: what is recorded, what is refused, two at once."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from spanner.errors import SpannerError, UsageError
from spanner.library import Library, open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan, SetInfo
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.trees import write


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Five files, one with an odd name, and a document, over several discs."""
    root = str(tmp_path / "Song")
    for number in range(4):
        write(root, f"Audio Files/{number}.wav", bytes(300_000))
    write(root, "Audio Files/\udcff\n.wav", b"odd", mtime_ns=99_999_999_999 * 10**9)
    write(root, "Song.ptx", b"document")
    return make_plan(walk([root]), PlanOptions(media=parse_media("custom:1200kB")))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A new library."""
    with open_library(str(tmp_path / "folder/library.sqlite")) as opened:
        yield opened


def digest(letter: str) -> str:
    return letter * 64


def test_a_set_and_its_images(library: Library, plan: Plan) -> None:
    assert len(plan.discs) > 1
    library.add(plan)
    library.add(plan)
    (summary,) = library.sets()
    assert (summary.id, summary.title, summary.files) == (plan.set.id, "Song", 6)
    assert summary.bytes == 4 * 300_000 + len(b"odd" + b"document")
    assert (summary.discs, summary.written) == (len(plan.discs), 0)
    assert library.image_hash(plan.set.id, 1) == ""
    library.add_image(plan.set.id, 1, "/a/1.iso", digest("a"), [("Song/Song.ptx", 1, digest("b"))])
    library.add_image(plan.set.id, 1, "/b/\udcff.iso", digest("a"), [])
    library.add_image(plan.set.id, 1, "/a/1.iso", digest("a"), [])
    assert library.image_hash(plan.set.id, 1) == digest("a")
    assert library.sets()[0].written == 1
    first, *others = library.discs(plan.set.id)
    assert first.places == ("/a/1.iso", "/b/\udcff.iso")
    assert first.sectors == plan.discs[0].image_sectors
    assert all(disc.places == () for disc in others)


def test_hashes_reach_the_files(library: Library, plan: Plan, tmp_path: Path) -> None:
    library.add(plan)
    number = next(
        disc.number
        for disc in plan.discs
        if any(item.path.endswith("\udcff\n.wav") for item in disc.items)
    )
    hashes = [("Song/Audio Files/\udcff\n.wav", 1, digest("c"))]
    library.add_image(plan.set.id, number, "/1.iso", digest("a"), hashes)
    with sqlite3.connect(tmp_path / "folder/library.sqlite") as db:
        rows = db.execute("SELECT path, disc, size FROM files WHERE sha256 = ?", (digest("c"),))
        assert rows.fetchall() == [(r"Song/Audio Files/\xff\n.wav", number, 3)]
    db.close()


def test_the_same_plan_is_adopted(library: Library, plan: Plan) -> None:
    library.add(plan)
    again = msgspec.structs.replace(
        plan, set=msgspec.structs.replace(plan.set, id="other", created="2027-01-01T00:00:00Z")
    )
    assert library.adopt(again) == plan
    retitled = msgspec.structs.replace(plan, set=msgspec.structs.replace(again.set, title="Other"))
    assert library.adopt(retitled) == retitled
    assert [each.id for each in library.sets()] == [plan.set.id, "other"]


def test_another_plan_with_the_same_id_is_refused(library: Library, plan: Plan) -> None:
    library.add(plan)
    with pytest.raises(UsageError, match="another plan for set"):
        library.add(msgspec.structs.replace(plan, strategy="other"))


def test_what_is_proven_of_a_plan_makes_no_other_set_of_it(library: Library, plan: Plan) -> None:
    library.add(plan)
    library.add(msgspec.structs.replace(plan, lower_bound=99, proven=not plan.proven))
    anew = msgspec.structs.replace(plan, set=SetInfo("new", plan.set.title, plan.set.created))
    assert library.adopt(msgspec.structs.replace(anew, lower_bound=99)).set.id == plan.set.id


def test_finding_a_set(library: Library, plan: Plan) -> None:
    library.add(plan)
    assert library.find_set(plan.set.id[:5]).id == plan.set.id
    assert library.find_set("SONG").id == plan.set.id
    with pytest.raises(UsageError, match="no set 'Other'"):
        library.find_set("Other")
    library.add(msgspec.structs.replace(plan, set=msgspec.structs.replace(plan.set, id="zz")))
    with pytest.raises(UsageError, match="names 2 sets"):
        library.find_set("Song")


def test_no_image_without_its_disc(library: Library, plan: Plan, tmp_path: Path) -> None:
    library.add(plan)
    library.add_image(plan.set.id, 99, "/a.iso", digest("a"), [])
    assert library.sets()[0].written == 0
    with sqlite3.connect(tmp_path / "folder/library.sqlite") as db:
        db.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(
                "INSERT INTO images (set_id, disc, place, sha256, sectors, verified) "
                "VALUES ('no', 1, '', '', 1, '')"
            )
    db.close()


def test_made_by_many_at_once(tmp_path: Path, plan: Plan) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with open_library(str(tmp_path / "shared.sqlite")) as opened:
                info = msgspec.structs.replace(plan.set, id=f"set {number}")
                opened.add(msgspec.structs.replace(plan, set=info))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_library(str(tmp_path / "shared.sqlite")) as opened:
        assert len(opened.sets()) == 8


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database\n" * 500)
    with pytest.raises(UsageError, match="is no library"), open_library(str(text)):
        pass
    assert text.read_text() == "not a database\n" * 500
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with pytest.raises(UsageError, match="is no library"), open_library(str(other)):
        pass
    with sqlite3.connect(other) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("mine",)]
    db.close()


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "later.sqlite")
    with open_library(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(UsageError, match="version 99"), open_library(path):
        pass


def test_a_place_where_none_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SpannerError, match="cannot open the library"),
        open_library(str(tmp_path / "file/library.sqlite")),
    ):
        pass
