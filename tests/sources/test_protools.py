"""What is read of Pro Tools sessions of all ages, and that all that is written is read."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.protools import is_protools, read
from support.protools_files import (
    AUDIO,
    Description,
    Node,
    ProToolsFile,
    Volume,
    Writing,
)

ID = bytes.fromhex("2a000000036bd5d67cb6de87")
HD = Volume("Macintosh HD", b"\x88t\x8f\xd5", "/")
AG = Volume("AG", b"\1\2\3\4", "/Volumes/AG/")
SONG = ("Users", "ag", "Song", "Audio Files")

OLD_MAC = Description(
    Writing(scheme=1, big=True, seed=0x73, encoding="mac_roman"),
    product="Pro Tools LE",
    version="v5.1",
    kind=1,
    volumes=(Volume("Audio", b"\xcci2\x14"),),
    old=True,
    list_volumes=False,
)
OLD_WINDOWS = Description(
    Writing(scheme=1, seed=0x89, encoding="cp1252"),
    version="6.4",
    kind=1,
    windows=True,
    list_volumes=False,
)
PT_9 = Description(
    Writing(scheme=1, seed=0x50), version="9.0.6f1", kind=5, volumes=(HD, AG), list_volumes=False
)
PT_12 = Description(version="12.8.3", volumes=(HD, AG))
PT_2018 = Description(version="2018.12.0", volumes=(HD,))
PT_2024 = Description(version="2024.10.0", volumes=(HD,), second=True)


def session(folder: Path, description: Description) -> Session:
    path = folder / "Song.ptx"
    path.write_bytes(description.file())
    return read(str(path))


def refused(folder: Path, content: bytes) -> str:
    path = folder / "Song.ptx"
    path.write_bytes(content)
    with pytest.raises(SessionError) as caught:
        read(str(path))
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_pro_tools_5_on_a_mac(tmp_path: Path) -> None:
    media = (
        ProToolsFile("Audio", ("Söng", "Audio Files"), "Kick.L", 1_355_463, ID),
        ProToolsFile("Audio", ("Söng", "Fade Files"), "Fade 1.aif", 100, bytes(12)),
    )
    assert session(tmp_path, replace(OLD_MAC, audio=media, rate=44_100)) == Session(
        application="Pro Tools LE",
        version="v5.1",
        format="pts",
        media=(
            MediaReference(
                kind="audio",
                name="Kick.L",
                volume="/Volumes/Audio",
                directory=("Söng", "Audio Files"),
                recorded="Audio:Söng:Audio Files:Kick.L",
                unique_id=ID.hex(),
                frames=1_355_463,
            ),
            MediaReference(
                kind="fade",
                name="Fade 1.aif",
                volume="/Volumes/Audio",
                directory=("Söng", "Fade Files"),
                recorded="Audio:Söng:Fade Files:Fade 1.aif",
                frames=100,
            ),
        ),
        sample_rate=44_100,
        notes=("a text is not UTF-8 and was read as MacRoman",),
    )


def test_pro_tools_6_on_windows(tmp_path: Path) -> None:
    """It records labels of volumes, or, as later versions do, drives."""
    media = (
        ProToolsFile("AUDIO", ("Søng",), "Café™.wav"),
        ProToolsFile("d:\\", ("Song", "Audio Files"), "Kick.wav"),
    )
    found = session(tmp_path, replace(OLD_WINDOWS, audio=media))
    assert found.format == "pts"
    assert [reference.volume for reference in found.media] == ["AUDIO", "D:"]
    assert [reference.recorded for reference in found.media] == [
        "AUDIO\\Søng\\Café™.wav",
        "D:\\Song\\Audio Files\\Kick.wav",
    ]
    assert found.notes == (
        "a text is not UTF-8 and was read as cp1252 (2 times)",
        "the volume AUDIO is recorded without its drive letter",
    )


def test_bytes_that_cp1252_leaves_open(tmp_path: Path) -> None:
    description = replace(
        OLD_WINDOWS,
        writing=replace(OLD_WINDOWS.writing, encoding="latin-1"),
        audio=(ProToolsFile("c:\\", (), "\x81\x80.wav"),),
    )
    assert session(tmp_path, description).media[0].name == "\x81€.wav"


def test_pro_tools_9(tmp_path: Path) -> None:
    """Without a list of volumes, the one that holds Users is that the Mac started from."""
    media = (
        ProToolsFile("Macintosh HD", SONG, "Kick.wav"),
        ProToolsFile("AG", ("Takes",), "Snare.wav"),
    )
    found = session(tmp_path, replace(PT_9, audio=media))
    assert found.format == "ptf"
    assert [(each.volume, each.directory) for each in found.media] == [
        ("/", SONG),
        ("/Volumes/AG", ("Takes",)),
    ]
    assert found.media[0].recorded == "Macintosh HD:Users:ag:Song:Audio Files:Kick.wav"
    assert found.notes == ("Macintosh HD is taken for the boot volume, as it holds Users",)


def test_pro_tools_12_with_volumes(tmp_path: Path) -> None:
    media = (
        ProToolsFile("Macintosh HD", SONG, "Kick.wav", 5, ID),
        ProToolsFile("AG", ("Users",), "Snare.wav"),
    )
    film = (ProToolsFile("AG", ("Video Files",), "Film.mov"),)
    found = session(tmp_path, replace(PT_12, audio=media, video=film))
    assert (found.application, found.version, found.format) == ("Pro Tools", "12.8.3", "ptx")
    assert [(each.kind, each.volume, each.name) for each in found.media] == [
        ("audio", "/", "Kick.wav"),
        ("audio", "/Volumes/AG", "Snare.wav"),
        ("video", "/Volumes/AG", "Film.mov"),
    ]
    assert [(each.unique_id, each.frames) for each in found.media][::2] == [
        (ID.hex(), 5),
        ("", None),
    ]
    assert not found.notes


def test_a_drive_of_windows(tmp_path: Path) -> None:
    description = replace(
        PT_12,
        windows=True,
        volumes=(
            Volume("c:\\", b"abcd", "c:\\", "Windows"),
            Volume("\\\\nas\\audio\\", b"efgh", "\\\\nas\\audio\\", "audio"),
        ),
        audio=(
            ProToolsFile("c:\\", ("Song",), "Kick.wav"),
            ProToolsFile("\\\\nas\\audio\\", ("Song",), "Snare.wav"),
        ),
    )
    found = session(tmp_path, description).media
    assert [each.volume for each in found] == ["C:", "\\\\nas\\audio"]
    assert [each.recorded for each in found] == [
        "C:\\Song\\Kick.wav",
        "\\\\nas\\audio\\Song\\Snare.wav",
    ]


def test_volumes_that_the_list_does_not_tell_apart(tmp_path: Path) -> None:
    """Several can share an id; one can be missing, or not have been mounted."""
    shared = bytes(4)
    description = replace(
        PT_12,
        volumes=(
            Volume("A", shared, "/Volumes/A 1"),
            Volume("B", shared, "/Volumes/B/"),
            Volume("C", shared),
            Volume("D", b"dddd", ""),
        ),
        audio=tuple(ProToolsFile(name, ("Users",), "x.wav") for name in "ABCD"),
    )
    found = session(tmp_path, description)
    assert [each.volume for each in found.media] == [
        "/Volumes/A 1",
        "/Volumes/B",
        "/Volumes/C",
        "/Volumes/D",
    ]
    assert found.notes == (
        "the volume C is not in the list of volumes",
        "the volume D is not in the list of volumes",
    )


def test_pro_tools_2018_writes_utf_8(tmp_path: Path) -> None:
    media = (ProToolsFile("Macintosh HD", ("Users", "音"), "Gitarre – Ü🎸.wav"),)
    found = session(tmp_path, replace(PT_2018, audio=media))
    assert found.media[0].directory == ("Users", "音")
    assert found.media[0].recorded == "Macintosh HD:Users:音:Gitarre – Ü🎸.wav"
    assert not found.notes


def test_pro_tools_2024_has_second_lists(tmp_path: Path) -> None:
    media = (ProToolsFile("Macintosh HD", SONG, "Kick.wav"),)
    found = session(tmp_path, replace(PT_2024, audio=media))
    assert [each.name for each in found.media] == ["Kick.wav"]
    assert not found.notes
    second = (ProToolsFile("Macintosh HD", SONG, "Snare.wav", 7),)
    found = session(tmp_path, replace(PT_2024, audio=media, second_audio=second))
    assert [(each.kind, each.name, each.frames) for each in found.media] == [
        ("audio", "Kick.wav", 48_000),
        ("audio", "Snare.wav", 7),
    ]
    assert found.notes == (
        (
            "block 0x1004 has a second list, whose use is not known; "
            "its media are taken as those of the first"
        ),
    )


def test_a_second_list_without_descriptors(tmp_path: Path) -> None:
    write = PT_2024.writing
    media = (ProToolsFile("Macintosh HD", SONG, "Kick.wav"),)
    second = write.listing(PT_2024.nodes(media), ())
    blocks = PT_2024.blocks()
    blocks[2] = write.block(AUDIO, write.listing((), ()) + second)
    (tmp_path / "Song.ptx").write_bytes(write.seal(blocks))
    (found,) = read(str(tmp_path / "Song.ptx")).media
    assert (found.name, found.frames) == ("Kick.wav", None)


def test_the_list_that_nobody_has_seen_with_files(tmp_path: Path) -> None:
    found = session(tmp_path, replace(PT_12, other=(ProToolsFile("AG", (), "x.bin"),)))
    assert [(each.kind, each.name) for each in found.media] == [("other", "x.bin")]
    assert found.notes == ("block 0x2096 lists files, and what for is not known",)


def test_names_that_a_disk_may_not_have(tmp_path: Path) -> None:
    media = (ProToolsFile("AG", ("AC/DC",), "Back\\slash.wav"),)
    found = session(tmp_path, replace(PT_12, audio=media))
    assert found.media[0].directory == ("AC/DC",)
    assert found.notes == (
        'a name holds "/", ":" or "\\", and what it is on disk is not known: AC/DC',
    )


def test_a_path_without_a_volume(tmp_path: Path) -> None:
    write = PT_12.writing
    nodes = (Node(2, 1, b"Kick.wav"), Node(1, 0xFFFFFFFF, b"Audio Files"))
    blocks = PT_12.blocks()
    blocks[2] = write.block(
        AUDIO, write.listing(nodes, [write.audio_file(0, ProToolsFile("", (), "Kick.wav"))])
    )
    (tmp_path / "Song.ptx").write_bytes(write.seal(blocks))
    found = read(str(tmp_path / "Song.ptx"))
    assert found.media[0].volume == ""
    assert found.media[0].directory == ("Audio Files",)
    assert found.media[0].recorded == "Audio Files:Kick.wav"
    assert found.notes == ("a path is recorded without its volume",)


def test_what_a_later_version_may_add(tmp_path: Path) -> None:
    """Blocks of other types, also with parts that look like blocks, and longer known blocks."""
    write = PT_12.writing
    kick = ProToolsFile("AG", (), "Kick.wav")
    extra = (write.block(0x9999, b"Z" * 50), write.block(0x7777), write.block(0x1234, b"\0" * 5000))
    found = session(tmp_path, replace(PT_12, audio=(kick,), extra=extra))
    assert [each.name for each in found.media] == ["Kick.wav"]
    longer = replace(kick, unique_id=ID + b"more")
    found = session(tmp_path, replace(PT_12, audio=(longer,)))
    assert found.media[0].unique_id == ID.hex()
    assert found.notes == ("a block 0x1001 ends with what is not understood",)


def test_shorter_ids_are_none(tmp_path: Path) -> None:
    kick = ProToolsFile("AG", (), "Kick.wav", unique_id=b"12345678")
    found = session(tmp_path, replace(PT_12, audio=(kick,)))
    assert found.media[0].unique_id == ""
    assert not found.notes


def test_a_session_without_media(tmp_path: Path) -> None:
    for description in (OLD_MAC, OLD_WINDOWS, PT_9, PT_12, PT_2018, PT_2024):
        found = session(tmp_path, replace(description, rate=0))
        assert not found.media
        assert found.sample_rate is None
        assert found.notes == ("the session has no sample rate",)


def test_what_is_a_session() -> None:
    file = PT_12.file()
    assert is_protools(file)
    assert is_protools(file[:20])
    assert not is_protools(file[:19])
    assert not is_protools(b"RIFF" + file)
    assert not is_protools(b"")


def test_what_is_none(tmp_path: Path) -> None:
    assert "no Pro Tools session" in refused(tmp_path, b"RIFF" * 10)
    assert "no Pro Tools session" in refused(tmp_path, PT_12.file()[:19])
    assert "resource fork" in refused(tmp_path, b"")
    file = PT_12.file()
    assert "at 0x12: obfuscation 4" in refused(tmp_path, file[:0x12] + b"\4" + file[0x13:])
    assert "at 0x11: byte order 2" in refused(tmp_path, file[:0x11] + b"\2" + file[0x12:])


def test_no_file(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "none"), f"{tmp_path}/a\0b", "/dev/zero"):
        with pytest.raises(SessionError, match="cannot read"):
            read(path)


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0/:\\"), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."})
OLD_NAMES = st.text(st.sampled_from("aZ Üé.-7"), min_size=1, max_size=31).filter(
    lambda name: name.strip(".") != ""
)


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    """Sessions that can be written, of all kinds."""
    scheme = draw(st.sampled_from([1, 5]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "mac_roman"] if scheme == 1 else ["utf-8"]))
    names = NAMES if encoding == "utf-8" else OLD_NAMES
    writing = Writing(scheme, draw(st.booleans()), draw(st.integers(0, 255)), encoding)
    labels = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    mounts = draw(st.booleans())
    volumes = tuple(
        Volume(label, bytes((number, 0, 90, 1)), f"/Volumes/{label} 1/" if mounts else None)
        for number, label in enumerate(labels)
    )
    media = st.lists(
        st.builds(
            ProToolsFile,
            st.sampled_from(labels),
            st.lists(names, max_size=4).map(tuple),
            names,
            st.integers(0, 2**64 - 1),
            st.binary(min_size=12, max_size=12),
        ),
        max_size=6,
    ).map(tuple)
    return Description(
        writing,
        product=draw(names),
        version=draw(names),
        rate=draw(st.integers(1, 2**32 - 1)),
        volumes=volumes,
        list_volumes=mounts,
        audio=draw(media),
        video=draw(media),
        second=draw(st.booleans()),
        old=draw(st.booleans()),
        shuffle=draw(st.none() | st.integers(0, 1000)),
        extra=tuple(
            writing.block(0x5A5A, payload) for payload in draw(st.lists(st.binary(), max_size=2))
        ),
    )


@given(descriptions())
def test_all_that_is_written_is_read(description: Description) -> None:
    with TemporaryDirectory() as folder:
        found = session(Path(folder), description)
    assert (found.application, found.version) == (description.product, description.version)
    assert found.sample_rate == description.rate
    written = (*description.audio, *description.video)
    assert len(found.media) == len(written)
    boot = {each.volume for each in written if each.directory[:1] == ("Users",)}
    for number, (reference, file) in enumerate(zip(found.media, written, strict=True)):
        assert reference.name == file.name
        assert reference.directory == file.directory
        assert reference.recorded == ":".join((file.volume, *file.directory, file.name))
        if description.list_volumes:
            assert reference.volume == f"/Volumes/{file.volume} 1"
        elif file.volume not in boot:
            assert reference.volume == f"/Volumes/{file.volume}"
        if number < len(description.audio):
            assert reference.frames == file.frames
            assert reference.unique_id == (file.unique_id.hex() if any(file.unique_id) else "")
        else:
            assert reference.kind == "video"
            assert reference.frames is None


@pytest.mark.parametrize("scheme", [1, 5])
def test_every_key(tmp_path: Path, scheme: int) -> None:
    """All 256 seeds, over a file that is longer than the keys of either scheme."""
    write = Writing(scheme)
    filler = write.block(0x9999, bytes(range(256)) * 18)
    for seed in range(256):
        description = replace(PT_12, writing=replace(write, seed=seed), extra=(filler,))
        found = session(tmp_path, replace(description, audio=(ProToolsFile("AG", (), "Kick.wav"),)))
        assert [each.name for each in found.media] == ["Kick.wav"]


@pytest.mark.parametrize("scheme", [1, 5])
def test_a_file_longer_than_all_keys(tmp_path: Path, scheme: int) -> None:
    """After 1 MiB the keys begin again; what is to be read lies on both sides."""
    write = Writing(scheme, seed=0x77)
    blocks = PT_12.blocks()
    blocks[1:1] = [write.block(0x9999, bytes(1 << 20))]
    (tmp_path / "Song.ptx").write_bytes(write.seal(blocks))
    found = read(str(tmp_path / "Song.ptx"))
    assert (found.version, found.sample_rate) == ("12.8.3", 48_000)
