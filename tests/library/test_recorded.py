"""Libraries as the code of each version made them (see `recorded`): what they knew is known now."""

import json
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spanner.assessing.copy_status import CopyStatuses
from spanner.assessing.counting import Rule
from spanner.assessing.set_status import status
from spanner.catalog.escaping import escape, unescape
from spanner.errors import SpannerError
from spanner.library import FileQuery, Library, open_library, schema
from spanner.library.archived_sessions import plan_of
from spanner.library.migrations import STEPS
from support.libraries import RECORDED, load_recorded

every_version = pytest.mark.parametrize("version", [1, 2, 3, 4])
every_old_version = pytest.mark.parametrize("version", [1, 2, 3])
those_with_places = pytest.mark.parametrize("version", [3, 4])

KILLED = """
import os, sys
from spanner.library import open_library, schema
*others, last = schema.STEPS
schema.STEPS = (*others, lambda db: (last(db), os._exit(9)))
with open_library(sys.argv[1]):
    pass
"""


def said(version: int) -> Any:
    """What the code of that version said of its library."""
    return json.loads((RECORDED / f"v{version}.json").read_text())


def opened(version: int, folder: Path) -> AbstractContextManager[Library]:
    load_recorded(version, folder / "library.sqlite")
    return open_library(str(folder / "library.sqlite"))


def plain(value: object) -> Any:
    return json.loads(json.dumps(msgspec.to_builtins(value)))


def of_what_was(was: Any, now: Any) -> Any:
    """What is there now, without what nobody asked about then."""
    if isinstance(was, dict):
        return {key: of_what_was(each, now.get(key)) for key, each in was.items()}
    if isinstance(was, list) and len(was) == len(now):
        return [of_what_was(old, new) for old, new in zip(was, now, strict=True)]
    return now


@every_version
def test_sets(tmp_path: Path, version: int) -> None:
    was = said(version)["sets"]
    assert [each["title"] for each in was][:2] == ["Song", "Other"]
    if version < 3:
        was[0]["written"] -= 1  # since then a check that finds a disc bad counts
    with opened(version, tmp_path) as library:
        now = plain(library.sets())
        assert of_what_was(was, now) == was
        assert [each["hashed"] for each in now] == [each["title"] != "Planned" for each in now]
        assert [each["imported"] for each in now] == [each["title"][:3] == "Imp" for each in now]


@every_version
def test_discs(tmp_path: Path, version: int) -> None:
    with opened(version, tmp_path) as library:
        for set_id, discs in said(version)["discs"].items():
            now = plain(library.discs(set_id))
            for disc in discs:
                disc.pop("copies", None)
                if not disc["last_check"]:  # since version 3 writing and burning are checks
                    disc.pop("last_check")
            assert of_what_was(discs, now) == discs
            assert [each["hashed"] for each in now] == [
                each["files"] if each["sha256"] or each["title"][:3] == "Imp" else 0 for each in now
            ]


@every_version
def test_files_and_their_hashes(tmp_path: Path, version: int) -> None:
    with opened(version, tmp_path) as library:
        rows = library.db.execute(
            "SELECT set_id, disc, path, part, parts, size, mtime_ns, sha256 FROM files"
            " ORDER BY set_id, disc, path, part"
        )
        assert plain(rows.fetchall()) == said(version)["files"]


@every_version
def test_plans(tmp_path: Path, version: int) -> None:
    files = defaultdict(set)
    for set_id, disc, path, part, *_ in said(version)["files"]:
        files[set_id].add((disc, path, part))
    with opened(version, tmp_path) as library:
        for each in library.sets():
            plan = plan_of(library.db, each.id)
            if each.imported:
                assert plan is None
                continue
            assert plan is not None
            assert (plan.set.id, plan.set.title, plan.set.created) == (
                each.id,
                each.title,
                each.created,
            )
            assert files[each.id] == {
                (disc.number, escape(name.path), item.part)
                for disc in plan.discs
                for item in disc.items
                for name in item.names()
            }
            if version == 4:
                library.add(plan)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_copies(tmp_path: Path, version: int) -> None:
    was = said(version)
    if version == 2:  # the one copy of disc 2: since then a check that finds it bad counts
        (check,) = (each for each in was["checks"] if each[2] == "/dev/sr0" and not each[4])
        bad = {"state": "spoilt", "changed": check[3], "remark": check[5]}
        was["copies"][f"{check[0]}/2"][0] |= bad
    with opened(version, tmp_path) as library:
        now = plain({image: library.copies.of(image) for image in was["copies"]})
        assert of_what_was(was["copies"], now) == was["copies"]
        for set_id, discs in was["discs"].items():
            for disc, record in zip(discs, library.discs(set_id), strict=True):
                assert plain(record.copies) == now[f"{set_id}/{disc['number']}"]
    assert {copy["state"] for copies in now.values() for copy in copies} == {
        "burning",
        "burnt",
        "verified",
        "spoilt",
    }


@every_version
def test_checks(tmp_path: Path, version: int) -> None:
    with opened(version, tmp_path) as library:
        for set_id, disc, place, checked, good, remark in said(version)["checks"]:
            assert any(
                (each.place, each.checked, each.good) == (unescape(place), checked, bool(good))
                and "; ".join(each.bad)[:9] == remark[:9]
                for each in library.checks.of(set_id, disc)
            )
            dates = [each.checked for each in library.checks.of(set_id, disc)]
            assert dates == sorted(dates)


@those_with_places
def test_what_each_check_was_of(tmp_path: Path, version: int) -> None:
    was = said(version)["checks_of"]
    assert {each["kind"] for checks in was.values() for each in checks} == {
        "file",
        "folder",
        "disc",
        "other",
    }
    with opened(version, tmp_path) as library:
        now = {
            key: plain(library.checks.of(set_id, int(disc)))
            for key in was
            for set_id, disc in (key.split("/"),)
        }
    assert now == was


@those_with_places
def test_status(tmp_path: Path, version: int) -> None:
    was = said(version)
    states = {each["state"] for each in was["copy_statuses"]}
    assert states == {"good", "unchecked", "failing", "spoilt", "lost", "not seen"}
    with opened(version, tmp_path) as library:
        assert plain(list(CopyStatuses(library.db).of())) == was["copy_statuses"]
        assert plain(status(library, Rule(), "9999")) == was["status"]
        for name, sets in was["sessions"].items():
            assert library.find_sets([name]) == sets


@every_version
def test_every_file_is_found(tmp_path: Path, version: int) -> None:
    with opened(version, tmp_path) as library:
        for set_id, disc, escaped, part, _, size, mtime_ns, sha256 in said(version)["files"]:
            path = unescape(escaped)
            found = library.search.find(FileQuery(pattern=path.rpartition("/")[2])).files
            (file,) = (each for each in found if (each.set_id, each.path) == (set_id, path))
            assert file.mtime_ns == mtime_ns
            assert (disc, part, size, sha256 or "") in {
                (each.number, each.part, each.size, each.sha256) for each in file.discs
            }
            if sha256:
                found = library.search.find(FileQuery(sha256=sha256)).files
                assert file in found


def test_a_search_finds_what_it_found(tmp_path: Path) -> None:
    was = said(4)["found"]
    assert [pattern for pattern, found in was.items() if not found] == ["nothing"]
    with opened(4, tmp_path) as library:
        now = {
            pattern: [
                [file.set_id, file.path]
                for file in library.search.find(FileQuery(pattern=pattern)).files
            ]
            for pattern in was
        }
    assert now == was


@every_version
def test_rows_refer_to_what_is_there(tmp_path: Path, version: int) -> None:
    with opened(version, tmp_path) as library:
        assert library.db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert library.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in ("name_pieces", "folder_pieces"):
            with library.db as db:
                db.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        for each in library.sets():
            library.forget(each.id)
        left = {
            table: library.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("discs", "images", "checks", "sessions", "names", "folders", "entries")
        }
        assert not any(left.values()), left


def fail_in_sql(db: sqlite3.Connection) -> None:
    STEPS[-1](db)
    db.execute("INSERT INTO nowhere VALUES (1)")


def fail_in_python(db: sqlite3.Connection) -> None:
    STEPS[-1](db)
    bytes.fromhex("no hash")


@every_old_version
@pytest.mark.parametrize("step", [fail_in_sql, fail_in_python])
def test_a_step_that_fails_leaves_the_file(
    tmp_path: Path,
    version: int,
    step: Callable[[sqlite3.Connection], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "library.sqlite"
    load_recorded(version, path)
    before = path.read_bytes()
    monkeypatch.setattr(schema, "STEPS", (*STEPS[:-1], step))
    with pytest.raises((SpannerError, ValueError), match=r"nowhere|hex"), open_library(str(path)):
        pass
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
    monkeypatch.undo()
    with open_library(str(path)) as library:
        assert [each.title for each in library.sets()] == ["Song", "Other", "Planned"]


@every_old_version
def test_killed_in_a_step(tmp_path: Path, version: int) -> None:
    path = tmp_path / "library.sqlite"
    load_recorded(version, path)
    command = [sys.executable, "-c", KILLED, str(path)]
    assert subprocess.run(command, check=False).returncode == 9
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (version,)
    db.close()
    with open_library(str(path)) as library:
        assert [each.title for each in library.sets()] == ["Song", "Other", "Planned"]
