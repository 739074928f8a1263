"""Other people's programs judge the images: xorriso, 7z, sha256sum and bagit."""

import hashlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanner.catalog import tables
from spanner.imaging.layout import FileEntry, Layout
from spanner.imaging.stream import ImageStream
from spanner.model.plan import Disc
from spanner.model.units import SECTOR
from support.images import data_file, layout_of, layout_with, made, plan_for
from support.sets import MadeSet, make_set
from support.trees import make_odd_tree, snapshot, write

GIB = 1 << 30
Find = Callable[[str], str]
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True)
class Odd:
    """The odd tree, archived on discs of 1 MB."""

    session: str
    made: MadeSet

    @property
    def discs(self) -> Iterator[tuple[Disc, str]]:
        """The discs with their images."""
        return zip(self.made.plan.discs, self.made.images, strict=True)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Odd:
    folder = tmp_path_factory.mktemp("judges")
    session = str(folder / "Ödd $(x)")
    make_odd_tree(session)
    os.mkdir(folder / "out")
    made_set = make_set(session, str(folder / "out"), "custom:1MB")
    assert len(made_set.images) == 2
    return Odd(session, made_set)


def run(*command: str, cwd: str | None = None) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, errors="replace", cwd=cwd, env=UTF8
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def xorriso(program: Find, image: str, *commands: str) -> str:
    said = run(program("xorriso"), "-osirrox", "on", "-indev", image, *commands)
    assert not re.search("SORRY|FAILURE|FATAL|WARNING", said), said
    return said


def with_xorriso(program: Find, image: str, folder: Path) -> str:
    """Extract the image; a tree over eight levels deep has an empty folder rr_moved beside it."""
    xorriso(program, image, "-extract", "/", str(folder))
    if (folder / "rr_moved").exists():
        (folder / "rr_moved").rmdir()
    return str(folder)


def with_7z(program: Find, image: str, folder: Path) -> str:
    said = run(program("7z"), "x", "-y", f"-o{folder}", image)
    assert "Type = Udf" in said
    assert "Everything is Ok" in said
    assert "arnings" not in said
    return str(folder)


EXTRACTORS = pytest.mark.parametrize("extract", [with_xorriso, with_7z])
Extract = Callable[[Find, str, Path], str]


def rows(disc: str) -> list[tables.CatalogRow]:
    with open(f"{disc}/catalog/files.tsv", encoding="utf-8", newline="\n") as lines:
        return list(tables.parse(lines))


def files_below(folder: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(head, name), folder)
        for head, _, names in os.walk(folder)
        for name in names
    }


# The odd tree


@EXTRACTORS
def test_each_disc_comes_out_as_what_was_archived(
    odd: Odd, tmp_path: Path, program: Find, extract: Extract
) -> None:
    source = snapshot(odd.session)
    seen: set[str] = set()
    for disc, image in odd.discs:
        folder = extract(program, image, tmp_path / disc.volume_id)
        own = [row for row in rows(folder) if row.disc == disc.number]
        for row in own:
            original = os.path.relpath(row.original, "Ödd $(x)")
            with open(f"{folder}/{row.path}", "rb") as file:
                assert hashlib.sha256(file.read()).hexdigest() == source[original].content
            assert row.sha256 == source[original].content
            seen.add(original)
        texts = {entry.path for entry in layout_of(odd.made.plan, disc).files[-11:]}
        assert files_below(folder) == {row.path for row in own} | texts
    assert seen == {path for path, entry in source.items() if entry.kind == "file"}


def test_xorriso_keeps_times_and_modes_of_files_and_folders(
    odd: Odd, tmp_path: Path, program: Find
) -> None:
    source = snapshot(odd.session)
    for disc, image in odd.discs:
        folder = with_xorriso(program, image, tmp_path / disc.volume_id)
        own = [row for row in rows(folder) if row.disc == disc.number or row.kind == "dir"]
        there = [row for row in own if os.path.lexists(f"{folder}/{row.path}")]
        assert len(there) >= sum(row.kind != "dir" for row in own)
        for row in there:
            entry = source[os.path.relpath(row.original, "Ödd $(x)")]
            info = os.stat(f"{folder}/{row.path}")
            assert stat.S_IMODE(info.st_mode) == entry.mode == row.mode, row
            assert info.st_mtime_ns // 10**9 == entry.mtime_ns // 10**9, row
            assert row.mtime_ns == entry.mtime_ns, row


def test_7z_keeps_times_to_the_microsecond(odd: Odd, tmp_path: Path, program: Find) -> None:
    for disc, image in odd.discs:
        folder = with_7z(program, image, tmp_path / disc.volume_id)
        for row in rows(folder):
            if row.disc == disc.number:
                found = os.stat(f"{folder}/{row.path}").st_mtime_ns
                assert found == row.mtime_ns // 1000 * 1000, row


def test_every_folder_is_on_a_disc(odd: Odd, tmp_path: Path, program: Find) -> None:
    source = {path for path, entry in snapshot(odd.session).items() if entry.kind == "folder"}
    seen: set[str] = set()
    for disc, image in odd.discs:
        folder = with_7z(program, image, tmp_path / disc.volume_id)
        for row in rows(folder):
            if row.kind == "dir" and os.path.isdir(f"{folder}/{row.path}"):
                seen.add(os.path.relpath(row.original, "Ödd $(x)"))
    assert seen == source


@EXTRACTORS
def test_sha256sum_and_bagit_accept_each_disc(
    odd: Odd, tmp_path: Path, program: Find, extract: Extract
) -> None:
    for disc, image in odd.discs:
        folder = extract(program, image, tmp_path / disc.volume_id)
        for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            said = run(program("sha256sum"), "--strict", "--check", manifest, cwd=folder)
            assert len(said.splitlines()) == said.count(": OK\n") > 0
        assert "is valid" in run(sys.executable, "-m", "bagit", "--validate", folder)


def test_the_volumes_have_their_names(odd: Odd, program: Find) -> None:
    for disc, image in odd.discs:
        said = xorriso(program, image, "-pvd_info")
        assert f"Volume Id    : {disc.volume_id}\n" in said
        assert f"Volume Set Id: {odd.made.plan.set.id}\n" in said
        assert f", {disc.image_sectors} data blocks," in said
        assert os.path.getsize(image) == disc.image_sectors * SECTOR
        listed = run(program("7z"), "l", image)
        assert f"VolumeId: {disc.volume_id}\n" in listed
        assert f"  Id: {disc.volume_id}\n" in listed
        assert f"VolumeSetId: {odd.made.plan.set.id}\n" in listed


def extents(program: Find, image: str) -> Iterator[tuple[int, int, int]]:
    """First sector, sectors and bytes of each file, as xorriso finds them."""
    said = xorriso(program, image, "-find", "/", "-type", "f", "-exec", "report_lba")
    for line in re.findall(r"^File data lba:(.*)$", said, re.MULTILINE):
        _, first, count, size = map(int, line.split(",")[:4])
        yield first, count, size


def test_the_structures_hashes_cover_all_that_no_file_covers(
    odd: Odd, tmp_path: Path, program: Find
) -> None:
    for disc, image in odd.discs:
        with open(image, "rb") as file:
            data = bytearray(file.read())
        for first, count, size in extents(program, image):
            assert count == -(-size // SECTOR)
            data[first * SECTOR : first * SECTOR + size] = bytes(size)
        folder = with_7z(program, image, tmp_path / disc.volume_id)
        with open(f"{folder}/catalog/structure-sha256.txt", encoding="ascii") as file:
            lines = [line.split() for line in file if not line.startswith("#")]
        assert len(lines) == 2
        for digest, first_text, count_text in lines:
            start, length = int(first_text) * SECTOR, int(count_text) * SECTOR
            assert hashlib.sha256(data[start : start + length]).hexdigest() == digest
            data[start : start + length] = bytes(length)
        assert data == bytes(disc.image_sectors * SECTOR)


# Other trees


NAMES = st.text("aB.é漢 '$-~", min_size=1, max_size=20).filter(lambda name: name.strip(". "))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Files of any size, in order of nothing, at most ten levels deep, some with two names."""
    folders = ["data"]
    for name in draw(st.lists(NAMES.map("d{}d".format), max_size=9)):
        folders.append(f"{draw(st.sampled_from(folders))}/{name}")
    files: list[FileEntry] = []
    for number, name in enumerate(draw(st.lists(NAMES.map("f{}f".format), max_size=9))):
        path = f"{draw(st.sampled_from(folders))}/{number}{name}"
        data = bytes([number + 1]) * draw(st.sampled_from([0, 1, 2047, 2048, 2049, 9000]))
        files.append(data_file(path, data, also=(f"{path}~",) * draw(st.integers(0, 1))))
    # 7z refuses discs of under 273 sectors; the texts alone take more than these.
    return layout_with(*files, data_file("text", bytes(40_000)))


def check_tree(program: Find, layout: Layout, folder: Path) -> None:
    """Both programs bring all files out as they went in."""
    image = made(layout)
    (folder / "x.iso").write_bytes(image.data)
    for extract in (with_xorriso, with_7z):
        out = extract(program, str(folder / "x.iso"), folder / extract.__name__)
        assert files_below(out) == image.paths
        for path in image.paths:
            assert Path(out, path).read_bytes() == image.file(path)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(layout=layouts())
def test_any_tree_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, program: Find, layout: Layout
) -> None:
    check_tree(program, layout, tmp_path_factory.mktemp("tree"))


def test_deep_branches_of_equal_names_stay_apart(tmp_path: Path, program: Find) -> None:
    """Directories over eight levels deep lie in one common directory on ISO 9660 (RRIP 4.1.5)."""
    levels = "/".join(f"level {number}" for number in range(17))
    leaves = [f"data/{branch}/{levels}/{leaf}" for branch in "abc" for leaf in ("f", "g/f", "h/f")]
    check_tree(
        program,
        layout_with(*[data_file(f"{leaf}.wav", leaf.encode()) for leaf in leaves]),
        tmp_path,
    )


def write_sparsely(stream: ImageStream, path: str) -> None:
    """Write the image with holes where it has zeros."""
    with open(path, "wb") as file:
        for block in stream.blocks():
            data = bytes(block)
            if data == bytes(len(data)):
                file.seek(len(data), os.SEEK_CUR)
            else:
                file.write(data)
        file.truncate(stream.sectors * SECTOR)


def same(pipe: IO[bytes], path: str) -> bool:
    """What comes through the pipe is the file."""
    with open(path, "rb") as file:
        return all(pipe.read(len(part)) == part for part in parts(file)) and not pipe.read(1)


def parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(1 << 22):
        yield part


@pytest.mark.slow
def test_a_file_of_5_gib(tmp_path: Path, program: Find) -> None:
    source = write(str(tmp_path / "S"), "large.wav", b"start")
    write(str(tmp_path / "S"), "small.wav", b"behind it")
    with open(source, "r+b") as file:
        for offset in (GIB - 3, 2 * GIB, 4 * GIB - 2050, 4 * GIB - 2, 5 * GIB - 5):
            file.seek(offset)
            file.write(b"%d" % (offset % 89989))
    size = os.path.getsize(source)
    assert size > 4 * GIB
    plan = plan_for(str(tmp_path / "S"), "custom:6GB")
    image = str(tmp_path / "large.iso")
    stream = ImageStream(layout_of(plan, plan.discs[0]))
    write_sparsely(stream, image)
    assert [disc.image_sectors for disc in plan.discs] == [stream.sectors]
    assert sum(found[2] for found in extents(program, image) if found[1] > 10**6) == size
    for kind in ("-tudf", "-tiso"):
        for name in ("large.wav", "small.wav"):
            command = [program("7z"), "e", "-so", kind, image, f"data/S/{name}"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, pipesize=1 << 20) as process:
                assert process.stdout
                assert same(process.stdout, str(tmp_path / "S" / name))
            assert process.returncode == 0
