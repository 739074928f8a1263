"""A source that is not what was planned stops its disc, is named, and leaves nothing behind."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from burners import FolderDrive, Image, silent
from spanner.errors import SourceChangedError, SourceError, SpannerError
from spanner.imaging.stream import ImageStream
from spanner.model.plan import Plan
from spanner.sources.hashing import with_hashes
from support.images import image_of, layout_of, plan_for
from support.trees import write

MIB = 1 << 20
TIME = 1_600_000_000_123_456_789
NOBODY = 65534


@pytest.fixture
def out(tmp_path: Path) -> str:
    """Where images go."""
    folder = str(tmp_path / "out")
    os.mkdir(folder)
    return folder


def burn(plan: Plan, folder: str, between: Callable[[], object] = lambda: None) -> None:
    """Write the first disc; `between` is called when its first block is there."""
    stream = ImageStream(layout_of(plan, plan.discs[0]))

    def blocks() -> Iterator[memoryview]:
        for number, block in enumerate(stream.blocks()):
            if number == 0:
                between()
            yield block

    drive = FolderDrive(folder)
    drive.burn(Image(plan.discs[0].volume_id, stream.sectors, blocks), silent)


def refused(plan: Plan, folder: str, between: Callable[[], object] = lambda: None) -> SpannerError:
    """What writing the first disc fails with; it must leave nothing."""
    with pytest.raises(SourceError) as caught:
        burn(plan, folder, between)
    assert caught.value.exit_code == 4
    assert os.listdir(folder) == []
    return caught.value


def replace_by_pipe(path: str) -> None:
    os.unlink(path)
    os.mkfifo(path)


def replace_by_folder(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


def replace_by_link(path: str) -> None:
    os.rename(path, f"{path}.old")
    os.symlink("nowhere", path)


def resize(change: int) -> Callable[[str], None]:
    def changed(path: str) -> None:
        os.truncate(path, os.path.getsize(path) + change)
        os.utime(path, ns=(TIME, TIME))

    return changed


CHANGES: list[tuple[Callable[[str], object], type[SourceError], str]] = [
    (resize(+1), SourceChangedError, "it has 12,582,913 bytes, planned were 12,582,912"),
    (resize(-1), SourceChangedError, "it has 12,582,911 bytes, planned were 12,582,912"),
    (
        lambda path: os.utime(path, ns=(TIME, TIME - 1)),
        SourceChangedError,
        "its modification time changed since the plan",
    ),
    (replace_by_pipe, SourceChangedError, "it is no regular file any more"),
    (replace_by_folder, SourceChangedError, "it is no regular file any more"),
    (os.unlink, SourceError, "cannot be read (No such file or directory)"),
    (replace_by_link, SourceError, "cannot be read (No such file or directory)"),
]


@pytest.mark.parametrize(("change", "kind", "message"), CHANGES)
def test_a_source_that_changed_since_the_plan(
    session: str, out: str, change: Callable[[str], object], kind: type[SourceError], message: str
) -> None:
    plan = plan_for(session, "custom:20MB")
    change(f"{session}/m.wav")
    error = refused(plan, out)
    assert type(error) is kind
    assert str(error).startswith(f"{session}/m.wav: {message}; the disc was not written")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: os.truncate(path, 10 * MIB), "it ends at byte 10,485,760"),
        (resize(+1), "it has 12,582,913 bytes, planned were 12,582,912"),
        (os.utime, "its modification time changed since the plan"),
    ],
)
def test_a_source_that_changes_while_it_is_read(
    session: str, out: str, change: Callable[[str], object], message: str
) -> None:
    plan = plan_for(session, "custom:20MB")
    error = refused(plan, out, lambda: change(f"{session}/m.wav"))
    assert isinstance(error, SourceChangedError)
    assert str(error).startswith(f"{session}/m.wav: {message}; the disc was not written")


def test_a_source_that_is_replaced_while_it_is_read_is_the_one_that_was_planned(
    session: str, out: str
) -> None:
    plan = plan_for(session, "custom:20MB")
    expected = image_of(plan, plan.discs[0]).data
    burn(plan, out, lambda: replace_by_pipe(f"{session}/m.wav"))
    with open(f"{out}/{plan.discs[0].volume_id}.iso", "rb") as file:
        assert file.read() == expected


def test_a_disc_that_cannot_be_read(
    session: str, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(session, "custom:20MB")
    real = os.preadv

    def preadv(fd: int, buffers: Sequence[memoryview], offset: int) -> int:
        if offset >= 3 * MIB:
            raise OSError(5, "Input/output error")
        return real(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    error = refused(plan, out)
    assert str(error) == (
        f"{session}/m.wav: cannot be read (Input/output error); the disc was not written"
    )


def test_a_source_that_may_not_be_read_any_more() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = write(f"{folder}/S", "secret.wav")
        plan = plan_for(f"{folder}/S")
        os.chmod(path, 0)
        stream = ImageStream(layout_of(plan, plan.discs[0]))
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        try:
            with pytest.raises(SourceError) as caught:
                next(stream.blocks())
        finally:
            os.seteuid(user)
    assert str(caught.value) == (
        f"{path}: cannot be read (Permission denied); the disc was not written"
    )


def test_content_that_is_not_what_was_hashed_for_the_plan(session: str, out: str) -> None:
    plan = with_hashes(plan_for(session, "custom:20MB"), silent)
    burn(plan, out)
    os.unlink(f"{out}/{plan.discs[0].volume_id}.iso")
    write(session, "z.wav", b"lost" * 1000, mtime_ns=TIME)
    error = refused(plan, out)
    assert isinstance(error, SourceChangedError)
    assert error.path == f"{session}/z.wav"
    assert "its content is not what was hashed for the plan" in str(error)


def test_a_name_of_odd_bytes_is_named_in_one_line(tmp_path: Path, out: str) -> None:
    path = write(str(tmp_path / "S"), "odd\n\udcff.wav")
    plan = plan_for(str(tmp_path / "S"))
    os.unlink(path)
    assert str(refused(plan, out)).startswith(f"{tmp_path}/S/odd\\n\\xff.wav: cannot be read")


def test_a_device_in_the_files_place_is_not_read(session: str, out: str) -> None:
    plan = plan_for(session, "custom:20MB")
    os.unlink(f"{session}/m.wav")
    os.symlink("/dev/zero", f"{session}/m.wav")
    assert "it is no regular file any more" in str(refused(plan, out))
