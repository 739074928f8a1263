"""Places: which disc is meant, which copy of it, and what is remembered."""

from pathlib import Path

import msgspec
import pytest

from spanner.assessing.copy_status import CopyStatuses
from spanner.errors import UsageError
from spanner.library import BURNT, FILE, VERIFIED, VERIFY, CheckResult, Library, image_key
from spanner.model.plan import Plan, SetInfo


def burn(library: Library, plan: Plan, count: int = 1) -> None:
    disc = plan.discs[0]
    belongs = plan.set.id, 1
    for _ in range(count):
        copy = library.copies.begin(image_key(*belongs), belongs, disc.volume_id, 9, "", "dvd+r")
        library.copies.settle(copy, BURNT, "a" * 64)
        library.copies.settle(copy, VERIFIED)


def test_names_of_discs(known: Library, one_disc: Plan) -> None:
    set_id = one_disc.set.id
    for words in ("SONG_01OF01", "song_01of01", f"{set_id}:1", f"{set_id[:6].upper()}:1"):
        assert known.places.discs(words) == [(set_id, 1)]
    for words in ("Song:1", "SONG", set_id):
        assert known.places.discs(words) == [(set_id, 1)]
    for words in ("Song:2", ":1", "", "Other", "SONG_02OF02", "Song:x", "Song:²"):
        with pytest.raises(UsageError, match="no disc"):
            known.places.discs(words)


def test_a_name_in_two_sets(known: Library, one_disc: Plan) -> None:
    other = msgspec.structs.replace(one_disc, set=SetInfo("zz", "Song", one_disc.set.created))
    known.add(other)
    for words in ("SONG_01OF01", "Song:1", "song"):
        with pytest.raises(UsageError, match=r"in 2 sets, say which: .*zz:NUMBER"):
            known.places.discs(words)
    assert known.places.discs("zz:1") == [("zz", 1)]


def test_the_copy_without_a_place_gets_it(known: Library, one_disc: Plan) -> None:
    disc = (one_disc.set.id, 1)
    with pytest.raises(UsageError, match="knows of no burnt copy of SONG_01OF01"):
        known.places.put(disc, "shelf")
    burn(known, one_disc)
    assert known.places.put(disc, "shelf").place == "shelf"
    assert known.places.put(disc, r"C:\new \udcff").place == r"C:\new \udcff"
    burn(known, one_disc, 2)
    assert known.places.put(disc, "bank").number == 2
    assert known.places.put(disc, "home").number == 3
    with pytest.raises(UsageError, match="3 copies: say which with --copy N"):
        known.places.put(disc, "office")
    known.places.put(disc, "office", 1)
    places = [each.place for each in known.copies.of(image_key(*disc))]
    assert places == ["office", "bank", "home"]
    assert [each.place for each in CopyStatuses(known.db).of()] == places
    with pytest.raises(UsageError, match="no copy 4 of SONG_01OF01; known are 1, 2, 3"):
        known.places.put(disc, "office", 4)


def test_a_copy_that_is_given_up_has_no_place(known: Library, one_disc: Plan) -> None:
    disc = (one_disc.set.id, 1)
    burn(known, one_disc, 2)
    known.places.give_up(disc, 1)
    with pytest.raises(UsageError, match="known are 2"):
        known.places.put(disc, "shelf", 1)
    assert known.places.put(disc, "shelf").number == 2
    assert known.sets()[0].written == 1
    known.places.give_up(disc)
    assert known.sets()[0].written == 0


def test_images_go_by_their_paths(known: Library, one_disc: Plan, tmp_path: Path) -> None:
    for path in ("/drive/images/a.iso", "/drive/images2/a.iso", "/drive/b.iso"):
        known.checks.add(
            CheckResult(
                set_id=one_disc.set.id, disc=1, place=path, kind=FILE, how=VERIFY, sha256="a" * 64
            )
        )
    assert len(known.places.images("/drive/")) == 3
    assert len(known.places.images("/drive/images")) == 1
    found = known.places.images("/drive/b.iso")
    assert len(found) == 1
    assert known.places.images("/driv") == []
    assert known.places.discs_of_images(found) == [(one_disc.set.id, 1)]
    known.places.keep_images(found, "vault")
    places = {each.path: each.place for each in CopyStatuses(known.db).of()}
    assert places["/drive/b.iso"] == "vault"
    assert places["/drive/images/a.iso"] == "/drive/images"
    known.places.give_up_images(found)
    assert "/drive/b.iso" not in {each.path for each in CopyStatuses(known.db).of()}
    assert len(known.checks.of(one_disc.set.id, 1)) == 3, "what was checked is not forgotten"
