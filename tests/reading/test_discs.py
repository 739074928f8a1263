"""Discs as folders, and which discs a path stands for; images have tests of their own."""

import os
from pathlib import Path

import pytest

from spanner.errors import DamagedImageError, UsageError
from spanner.reading import discs
from spanner.reading.discs import FolderDisc, expand, open_disc
from support.sets import make_set
from support.trees import write


@pytest.fixture
def disc(tmp_path: Path) -> FolderDisc:
    """A folder with files, and with links and a pipe that no disc has."""
    root = str(tmp_path / "disc")
    write(root, "catalog/set.json", b"{}")
    write(root, "data/S/a.wav", b"a" * 5000)
    write(root, "data/S/empty", b"")
    write(str(tmp_path), "secret", b"secret")
    os.symlink(tmp_path / "secret", f"{root}/data/link")
    os.symlink(tmp_path, f"{root}/data/out")
    os.symlink("S", f"{root}/data/in")
    os.symlink("nowhere", f"{root}/data/nowhere")
    os.mkfifo(f"{root}/data/pipe")
    return FolderDisc(root)


def content(disc: FolderDisc, path: str, size: int | None = None) -> bytes:
    return b"".join(map(bytes, disc.chunks(path, size)))


def test_files(disc: FolderDisc, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disc.read("catalog/set.json") == b"{}"
    assert content(disc, "data/S/a.wav") == content(disc, "data/S/a.wav", 5000) == b"a" * 5000
    assert content(disc, "data/S/empty", 0) == b""
    assert {"catalog/set.json", "data/S/a.wav", "data/link"} <= set(disc.files())
    assert disc.size() >= 5002
    monkeypatch.setattr(discs, "_CHUNK", 1024)
    assert [len(chunk) for chunk in disc.chunks("data/S/a.wav")] == [1024] * 4 + [904]


def test_another_size(disc: FolderDisc) -> None:
    for size in (4999, 5001, 0, 10**18):
        with pytest.raises(DamagedImageError) as caught:
            content(disc, "data/S/a.wav", size)
        assert str(caught.value) == f"{disc.name}: data/S/a.wav has 5,000 bytes, not {size:,}"


@pytest.mark.parametrize(
    "path",
    [
        "none",
        "data/link",
        "data/out/secret",
        "data/in/a.wav",
        "data/nowhere",
        "data/pipe",
        "data/S",
        "data/../../secret",
        "../secret",
        "/etc/passwd",
        "data//S/a.wav",
        "data/./S/a.wav",
        "data/S/a.wav/",
        "data/S/a.wav/x",
        "data/S/a\0.wav",
        "data/" + "x" * 300,
        "",
    ],
)
def test_what_is_no_plain_file_on_it(disc: FolderDisc, path: str) -> None:
    with pytest.raises(KeyError):
        disc.read(path)
    with pytest.raises(DamagedImageError, match=disc.name):
        content(disc, path)


def test_texts_have_a_limit(disc: FolderDisc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discs, "_TEXT_LIMIT", 5000)
    assert len(disc.read("data/S/a.wav")) == 5000
    monkeypatch.setattr(discs, "_TEXT_LIMIT", 4999)
    with pytest.raises(DamagedImageError, match=r"data/S/a\.wav has over 4,999 bytes"):
        disc.read("data/S/a.wav")


def test_which_discs_a_path_stands_for(disc: FolderDisc, tmp_path: Path) -> None:
    images = str(tmp_path / "images")
    for name in ("2.iso", "1.ISO", "10.iso.partial", "notes.txt", "below/3.iso"):
        write(images, name)
    folder = str(tmp_path / "disc")
    file = f"{images}/notes.txt"
    assert expand([folder, images, file, folder]) == [
        folder,
        f"{images}/1.ISO",
        f"{images}/2.iso",
        file,
        folder,
    ]
    with pytest.raises(UsageError, match=r"there is no .*/a\\nb"):
        expand([folder, f"{images}/a\nb"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"empty is no disc and holds no \.iso files"):
        expand([str(tmp_path / "empty")])


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refused)
    with pytest.raises(UsageError, match=r"cannot read .*: Permission denied"):
        expand([str(tmp_path)])


def test_an_image(tmp_path: Path) -> None:
    root = str(tmp_path / "S")
    write(root, "a.wav", b"aaa")
    [image] = make_set(root, str(tmp_path / "discs")).images
    with open_disc(image) as disc:
        assert disc.name == image
        assert b"".join(map(bytes, disc.chunks("data/S/a.wav", 3))) == b"aaa"
        assert "data/S/a.wav" in list(disc.files())
        with pytest.raises(KeyError):
            disc.read("data/S/b.wav")
        for path, size, said in (
            ("data/S/b.wav", 3, "it has no data/S/b.wav"),
            ("data/S/a.wav", 4, "data/S/a.wav has 3 bytes, not 4"),
        ):
            with pytest.raises(DamagedImageError) as caught:
                next(iter(disc.chunks(path, size)))
            assert str(caught.value) == f"{image}: {said}"
