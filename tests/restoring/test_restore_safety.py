"""Discs that mean harm: whatever a catalog says, nothing outside the target is touched."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spanner.errors import DamagedImageError, DoesNotFitError
from spanner.restoring.report import RestoreReport
from support.discs import Rows, add_disc_file, copy_out, edit_rows, edit_text, get_back
from support.sets import make_set
from support.trees import Entry, snapshot, write
from support.work import within

SECRET = b"what no one may read or write"
TIME = "2001-02-03T04:05:06.000000007Z"
OUT = "a/b/target"
MOST_CALLS = 200_000
"""Of functions, in a restore of a few files: a loop over what a catalog says has more."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The session S with a.wav and z.wav."""
    root = str(tmp_path_factory.mktemp("source") / "S")
    write(root, "a.wav", b"aaa")
    write(root, "z.wav", b"zzz")
    return make_set(root, str(tmp_path_factory.mktemp("discs"))).images[0]


@pytest.fixture
def disc(image: str, tmp_path: Path) -> str:
    """It as a disc in a folder, to be edited; beside it is what no restore may touch."""
    write(str(tmp_path), "outside/secret", SECRET, 0o600, 5)
    return copy_out(image, tmp_path / "disc")


@pytest.fixture
def get(disc: str, tmp_path: Path) -> Callable[..., RestoreReport]:
    """Restore from the disc; whatever happens, only the target changes, and a and z come back."""
    (tmp_path / OUT).mkdir(parents=True)

    def everything_else() -> tuple[dict[str, Entry], list[str]]:
        names = [name for name in below(tmp_path) if not name.startswith(OUT)]
        return snapshot(str(tmp_path / "outside")), names

    def get(*discs: str, **options: object) -> RestoreReport:
        before = everything_else()
        report = get_back(discs or [disc], tmp_path / OUT, **options)
        assert everything_else() == before
        assert (tmp_path / OUT / "S/a.wav").read_bytes() == b"aaa"
        assert (tmp_path / OUT / "S/z.wav").read_bytes() == b"zzz"
        return report

    return get


def file_row(disc: str, original: str, path: str = "", data: bytes = b"evil") -> list[str]:
    """A row for a file that is put on the disc, at `path` if that is below it."""
    if not path:
        path = f"data/evil {hashlib.sha256(original.encode()).hexdigest()[:8]}"
        add_disc_file(disc, path, data)
    size, digest = str(len(data)), hashlib.sha256(data).hexdigest()
    return ["1", "1", "1", "file", "0", size, TIME, "0666", digest, path, original, "-"]


def other_row(kind: str, original: str, target: str = "-") -> list[str]:
    mode = "-" if kind == "symlink" else "0777"
    place = "data/folder" if kind == "dir" else "-"
    return ["-", "-", "-", kind, "-", "-", TIME, mode, "-", place, original, target]


def add(*new: list[str]) -> Callable[[Rows], None]:
    """Put rows before all others."""

    def change(rows: Rows) -> None:
        rows[:0] = [list(row) for row in new]

    return change


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("kind", ["file", "hardlink", "dir", "symlink"])
@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "../../../evil",
        "../S2/evil",
        "/tmp/spanner evil",
        "{outside}/evil",
        "{outside}/secret",
        "S/../../evil",
        "a/../../evil",
        "S/..",
        "..",
        ".",
        "",
        "/",
        "S//evil",
        "S/./evil",
        "S/evil/",
        r"S/nul\x00evil",
        r"S/evil\x2f..\x2f..\x2f..\x2f..\x2fevil",
    ],
)
def test_paths_that_lead_out(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path, path: str, kind: str
) -> None:
    path = path.replace("{outside}", str(tmp_path / "outside"))
    if kind in ("file", "hardlink"):
        row = file_row(disc, path)
        if kind == "hardlink":
            row[3], row[11] = "hardlink", "S/a.wav"
    else:
        row = other_row(kind, path, str(tmp_path / "outside") if kind == "symlink" else "-")
    edit_rows(disc, add(row))
    for overwrite in (False, True):
        report = get(overwrite=overwrite)
        assert report.exit_code == 7
        [remark] = report.failed
        assert remark.reason == "its path leads out of the target"
        assert below(tmp_path / OUT) == ["S", "S/a.wav", "S/z.wav"]
    assert not os.path.lexists("/tmp/spanner evil")


@pytest.mark.parametrize("first", ["link", "file"])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("with_folder", [False, True])
def test_a_link_and_a_file_behind_it(
    disc: str,
    get: Callable[..., RestoreReport],
    tmp_path: Path,
    first: str,
    overwrite: bool,
    with_folder: bool,
) -> None:
    outside = str(tmp_path / "outside")
    rows = [other_row("symlink", "S/l", outside), file_row(disc, "S/l/evil")]
    rows.append(file_row(disc, "S/l/secret"))
    if with_folder:
        rows.append(other_row("dir", "S/l"))
    edit_rows(disc, add(*(rows if first == "link" else rows[::-1])))
    for _ in range(2):
        report = get(overwrite=overwrite)
        assert report.exit_code == 7
        assert [remark.path for remark in report.failed] == ["S/l"]
        assert (tmp_path / OUT / "S/l/secret").read_bytes() == b"evil"
    # Now the link is there before.
    for name in ("evil", "secret"):
        os.unlink(tmp_path / OUT / "S/l" / name)
    os.rmdir(tmp_path / OUT / "S/l")
    os.symlink(outside, tmp_path / OUT / "S/l")
    report = get(overwrite=overwrite)
    assert {remark.path for remark in report.failed} >= {"S/l/evil", "S/l/secret"}
    assert (tmp_path / OUT / "S/l").is_symlink()


def test_a_link_in_the_place_of_the_session(disc: str, tmp_path: Path) -> None:
    outside = snapshot(str(tmp_path / "outside"))
    (tmp_path / OUT).mkdir(parents=True)
    os.symlink(tmp_path / "outside", tmp_path / OUT / "S")
    for overwrite in (False, True):
        report = get_back([disc], tmp_path / OUT, overwrite=overwrite)
        assert (report.exit_code, report.restored) == (7, [])
        assert {remark.path for remark in report.failed} == {"S", "S/a.wav", "S/z.wav"}
    assert snapshot(str(tmp_path / "outside")) == outside


def test_links_into_the_target_lead_where_they_lead(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path
) -> None:
    """Links may lead anywhere, even out: they are only made, not followed."""
    outside = str(tmp_path / "outside/secret")
    rows = [other_row("symlink", "S/l", outside), other_row("symlink", "up", "../..")]
    edit_rows(disc, add(*rows))
    for expected in ("restored", "already_there"):
        report = get(overwrite=True)
        assert {"S/l", "up"} <= set(getattr(report, expected))
    assert os.readlink(tmp_path / OUT / "S/l") == outside
    assert os.readlink(tmp_path / OUT / "up") == "../.."


@pytest.mark.parametrize("target", [r"a\x00b", "", "x" * 5000])
def test_links_to_impossible_paths(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path, target: str
) -> None:
    edit_rows(disc, add(other_row("symlink", "S/l", target)))
    report = get()
    assert [remark.path for remark in report.failed] == ["S/l"]
    assert below(tmp_path / OUT) == ["S", "S/a.wav", "S/z.wav"]


@pytest.mark.parametrize(
    "target",
    ["{outside}/secret", "../outside/secret", "S/l/secret", "S/nothing", "S/h", "S/a.wav", ""],
)
def test_further_names_of_files_elsewhere(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path, target: str
) -> None:
    """They get the data that the disc has for them, never another file's."""
    row = file_row(disc, "S/h")
    row[3], row[11] = "hardlink", target.replace("{outside}", str(tmp_path / "outside"))
    edit_rows(disc, add(row, other_row("symlink", "S/l", str(tmp_path / "outside"))))
    report = get()
    assert (report.exit_code, report.failed) == (0, [])
    assert (tmp_path / OUT / "S/h").read_bytes() == b"evil"
    assert os.stat(tmp_path / OUT / "S/h").st_nlink == 1


@pytest.mark.parametrize(
    "path",
    [
        "data/../../outside/secret",
        "{outside}/secret",
        "/etc/passwd",
        "data/S/../../../outside/secret",
        "../outside/secret",
        "catalog/set.json",
        "data",
        "data/",
        "data/S/a.wav\0",
        "-",
    ],
)
def test_paths_on_the_disc_that_lead_off_it(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path, path: str
) -> None:
    path = path.replace("{outside}", str(tmp_path / "outside"))
    edit_rows(disc, add(file_row(disc, "S/evil", path, SECRET)))
    report = get()
    assert [(remark.path, remark.reason) for remark in report.failed] == [
        ("S/evil", "its path on the disc is impossible")
    ]
    assert below(tmp_path / OUT) == ["S", "S/a.wav", "S/z.wav"]


@pytest.mark.parametrize("path", ["data/link", "data/folder/secret", "data/pipe", "data/S"])
def test_files_on_the_disc_that_are_links_or_none(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path, path: str
) -> None:
    os.symlink(tmp_path / "outside/secret", f"{disc}/data/link")
    os.symlink(tmp_path / "outside", f"{disc}/data/folder")
    os.mkfifo(f"{disc}/data/pipe")
    edit_rows(disc, add(file_row(disc, "S/evil", path, SECRET)))
    report = get()
    assert (report.exit_code, [remark.path for remark in report.damaged]) == (5, ["S/evil"])
    assert "no plain file" in report.damaged[0].reason
    assert below(tmp_path / OUT) == ["S", "S/a.wav", "S/z.wav"]


@pytest.mark.parametrize("text", ["catalog/files.tsv", "catalog/set.json", "bag-info.txt"])
def test_texts_on_the_disc_that_are_links(disc: str, tmp_path: Path, text: str) -> None:
    os.rename(f"{disc}/{text}", tmp_path / "text")
    os.symlink(tmp_path / "text", f"{disc}/{text}")
    with pytest.raises(DamagedImageError, match=f"it has no {text}"):
        get_back([disc], tmp_path / OUT)


def set_field(name: str, index: int, value: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        [row] = [row for row in rows if row[10] == name]
        row[index] = value

    return change


@pytest.mark.parametrize(
    ("index", "value", "reason"),
    [
        (0, "7", "it lies on disc 7, which the set does not have"),
        (1, "2", "the catalog does not have all parts of it"),
        (2, str(10**9), "the catalog does not have all parts of it"),
        (2, str(10**4000), "the catalog does not have all parts of it"),
        (2, "0", "the catalog has parts of it that are none"),
        (4, str(10**18), "the catalog does not have all parts of it"),
        (5, str(10**19), "its size is impossible"),
        (5, str(10**4000), "its size is impossible"),
    ],
)
def test_numbers_that_cannot_be(
    disc: str,
    get: Callable[..., RestoreReport],
    tmp_path: Path,
    index: int,
    value: str,
    reason: str,
) -> None:
    edit_rows(disc, add(file_row(disc, "S/evil")))
    edit_rows(disc, set_field("S/evil", index, value))
    report = within(MOST_CALLS, get)
    assert [(remark.path, remark.reason) for remark in report.failed] == [("S/evil", reason)]
    assert below(tmp_path / OUT) == ["S", "S/a.wav", "S/z.wav"]


def test_a_size_that_no_target_has(disc: str, tmp_path: Path) -> None:
    edit_rows(disc, set_field("S/a.wav", 5, str(10**18)))
    with pytest.raises(DoesNotFitError, match="1,000,000 TB are needed"):
        within(MOST_CALLS, lambda: get_back([disc], tmp_path / OUT))
    assert below(tmp_path / OUT) == ["S"]


def test_a_part_far_behind_one_that_is_not_there(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path
) -> None:
    """At worst the file system refuses it."""
    text = json.loads(Path(disc, "catalog/set.json").read_text())
    text["discs"].append({**text["discs"][0], "number": 2, "volume_id": "SECOND"})
    edit_text(disc, "catalog/set.json", json.dumps(text).encode())
    info = Path(disc, "bag-info.txt").read_text().replace("1 of 1", "1 of 2")
    edit_text(disc, "bag-info.txt", info.encode())
    first, second = file_row(disc, "S/evil"), file_row(disc, "S/evil")
    first[0], first[2], first[5] = "2", "2", str(10**18)
    second[1], second[2], second[4] = "2", "2", str(10**18)
    edit_rows(disc, add(first, second))
    for _ in range(2):
        report = within(MOST_CALLS, get)
        assert report.exit_code == 7
        assert [remark.path for remark in report.failed] + [
            x.volume_id for x in report.missing
        ] in (
            ["S/evil"],
            ["SECOND"],
        )
    assert not (tmp_path / OUT / "S/evil").exists()


def test_the_same_path_twice_as_different_things(
    disc: str, get: Callable[..., RestoreReport], tmp_path: Path
) -> None:
    """Contradictions are said and harm no other file."""
    one, other = file_row(disc, "S/two"), file_row(disc, "S/two")
    other[5] = "5"
    edit_rows(disc, add(one, other, other_row("dir", "S/dir"), file_row(disc, "S/dir")))
    edit_rows(disc, add(other_row("dir", "S/folder"), file_row(disc, "S/folder/x/y")))
    edit_rows(disc, add(file_row(disc, "S/folder/x")))
    report = get()
    assert {remark.path for remark in report.failed} >= {"S/two", "S/dir"}
    assert len(report.failed) == 3
    assert (tmp_path / OUT / "S/dir").is_dir()
