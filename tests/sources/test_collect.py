"""What is archived of sources with sessions: the folders, and what lies elsewhere, each once."""

import os
from pathlib import Path

import pytest

from spanner.errors import MissingMediaError, UnreadableSourcesError, UsageError
from spanner.model import mounts
from spanner.model.tree import UNREADABLE, ReferenceRecord, Tree, origin
from spanner.sources.collect import CollectOptions, collect
from support.projects import project, reaper
from support.protools_files import Description, ProToolsFile, Volume, Writing
from support.trees import write

TAKE = "Takes/Take.wav"


def collected(*sources: Path, **options: object) -> Tree:
    tree = collect([str(source) for source in sources], CollectOptions(**options))  # type: ignore[arg-type]
    for file in tree.files:  # each name leads to the file's bytes
        for name in (file.path, *file.links):
            assert os.path.getsize(origin(tree.places, name)) == file.size
    return tree


def names(tree: Tree) -> dict[str, tuple[str, ...]]:
    return {file.path: file.links for file in tree.files}


def references(tree: Tree) -> dict[str, str]:
    return {each.recorded: each.path or each.status for each in tree.references}


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A volume called AG, and no other."""
    monkeypatch.setattr(mounts, "MOUNT_POINTS", (f"{tmp_path}/mounts/*",))
    write(str(tmp_path / "mounts" / "AG"), TAKE, b"take")
    return tmp_path / "mounts" / "AG"


def song(tmp_path: Path, *files: str, name: str = "Song") -> Path:
    """A session with a kick inside, and whatever else it needs."""
    home = tmp_path / name
    write(str(home), "Audio Files/Kick.wav", b"kick")
    write(str(home), f"{name}.rpp", reaper("Audio Files/Kick.wav", *files))
    return home


def test_media_of_a_volume_go_below_its_name(drive: Path, tmp_path: Path) -> None:
    tree = collected(song(tmp_path, f"/Volumes/AG/{TAKE}"))
    assert set(names(tree)) == {
        "Song/Song.rpp",
        "Song/Audio Files/Kick.wav",
        "Song/External Media/AG/Takes/Take.wav",
    }
    assert [(root.name, root.path) for root in tree.outside] == [
        ("Song/External Media/AG", str(drive))
    ]
    assert tree.references == (
        ReferenceRecord(
            session="Song/Song.rpp",
            kind="audio",
            status="inside",
            recorded="Audio Files/Kick.wav",
            path="Song/Audio Files/Kick.wav",
            place=str(tmp_path / "Song/Audio Files/Kick.wav"),
        ),
        ReferenceRecord(
            session="Song/Song.rpp",
            kind="audio",
            status="outside",
            recorded=f"/Volumes/AG/{TAKE}",
            path=f"Song/External Media/AG/{TAKE}",
            place=str(drive / TAKE),
        ),
    )


def test_a_windows_place_found_below_a_search_folder(tmp_path: Path) -> None:
    write(str(tmp_path / "Old PC"), "users/me/loop.WAV", b"loop")
    source = song(tmp_path, "D:\\\\Users\\\\Me\\\\Loop.wav".replace("\\\\", "\\"))
    tree = collected(source, search=(str(tmp_path / "Old PC"),))
    assert "Song/External Media/D/users/me/loop.WAV" in names(tree)
    assert references(tree)["D:\\Users\\Me\\Loop.wav"] == "Song/External Media/D/users/me/loop.WAV"


def test_what_lies_elsewhere_than_recorded_goes_below_the_volume_that_it_is_on(
    tmp_path: Path,
) -> None:
    write(str(tmp_path), "Shared/Loop.wav", b"loop")
    tree = collected(song(tmp_path, "../Shared/Loop.wav"))
    place = str(tmp_path / "Shared/Loop.wav")
    mount = place
    while not os.path.ismount(mount):
        mount = os.path.dirname(mount)
    volume = os.path.basename(mount) or "root"
    path = f"Song/External Media/{volume}/{os.path.relpath(place, mount)}"
    assert references(tree)["../Shared/Loop.wav"] == path
    assert path in names(tree)


def test_folders_of_media_from_elsewhere_come_before_what_they_hold(
    drive: Path, tmp_path: Path
) -> None:
    tree = collected(song(tmp_path, f"/Volumes/AG/{TAKE}"))
    added = [each for each in tree.directories if "External" in each.path]
    assert [each.path for each in added] == [
        "Song/External Media",
        "Song/External Media/AG",
        "Song/External Media/AG/Takes",
    ]
    assert {each.mtime_ns for each in added} == {os.stat(drive / TAKE).st_mtime_ns}


def test_two_sessions_share_a_medium(drive: Path, tmp_path: Path) -> None:
    one = song(tmp_path, f"/Volumes/AG/{TAKE}")
    other = song(tmp_path, f"/Volumes/AG/{TAKE}", str(one / "Audio Files/Kick.wav"), name="Mix")
    found = names(collected(one, other))
    assert found[f"Song/External Media/AG/{TAKE}"] == (f"Mix/External Media/AG/{TAKE}",)
    (link,) = found["Song/Audio Files/Kick.wav"]  # what lies in another source too
    assert link.startswith("Mix/External Media/")
    assert link.endswith("Song/Audio Files/Kick.wav")
    assert len(found) == 5


def test_sessions_in_one_source_find_each_others_media_there(tmp_path: Path) -> None:
    album = tmp_path / "Album"
    one = song(album)
    song(album, str(one / "Audio Files/Kick.wav"), name="Mix")
    tree = collected(album)
    assert len(tree.files) == 4
    assert tree.outside == ()
    assert references(tree)[str(one / "Audio Files/Kick.wav")] == "Album/Song/Audio Files/Kick.wav"


def test_external_media_lie_beside_the_session_that_needs_them(drive: Path, tmp_path: Path) -> None:
    album = tmp_path / "Album"
    song(album, f"/Volumes/AG/{TAKE}")
    assert f"Album/Song/External Media/AG/{TAKE}" in names(collected(album))


def test_a_restored_session_finds_its_media_beside_it_and_keeps_their_names(
    drive: Path, tmp_path: Path
) -> None:
    home = song(tmp_path, f"/Volumes/AG/{TAKE}", "/Volumes/Gone/Old.wav")
    write(str(home), "External Media/Gone/Old.wav", b"old")
    write(str(home), f"External Media/AG/{TAKE}", b"an earlier take")
    found = names(collected(home))
    assert f"Song/External Media/AG 2/{TAKE}" in found  # the recorded place comes first
    assert "Song/External Media/Gone/Old.wav" in found
    os.remove(drive / TAKE)
    assert collected(home).outside == ()


def test_a_session_file_stands_for_its_folder_and_itself(drive: Path, tmp_path: Path) -> None:
    home = song(tmp_path, f"/Volumes/AG/{TAKE}")
    write(str(home), "Other.rpp", reaper("/nowhere/Lost.wav"))
    tree = collected(home / "Song.rpp")
    assert [root.name for root in tree.roots] == ["Song"]
    assert {"Song/Other.rpp", f"Song/External Media/AG/{TAKE}"} < set(names(tree))
    with pytest.raises(MissingMediaError):
        collected(home / "Song.rpp", home / "Other.rpp")
    with pytest.raises(MissingMediaError):
        collected(home)


def test_what_is_missing_is_listed_with_where_it_was_last_seen(tmp_path: Path) -> None:
    home = song(tmp_path, "/Volumes/AG/Takes/A.wav", "E:\\x\\B.wav")
    with pytest.raises(MissingMediaError) as caught:
        collected(home)
    assert caught.value.exit_code == 4
    assert caught.value.missing == [
        "/Volumes/AG/Takes/A.wav  (Song.rpp)",
        "E:/x/B.wav  (Song.rpp)",
    ]
    tree = collected(home, allow_missing=True)
    assert len(tree.files) == 2
    assert references(tree)["E:\\x\\B.wav"] == "missing"


def test_a_backup_misses_what_it_likes_but_brings_what_is_there(
    drive: Path, tmp_path: Path
) -> None:
    home = song(tmp_path)
    backup = reaper("/nowhere/Lost.wav", f"/Volumes/AG/{TAKE}", "Audio Files/Kick.wav")
    write(str(home), "Session File Backups/Song.bak.rpp", backup)
    tree = collected(home)
    assert f"Song/External Media/AG/{TAKE}" in names(tree)
    assert sorted(references(tree)) == [f"/Volumes/AG/{TAKE}", "Audio Files/Kick.wav"]


def test_projects_in_projects(drive: Path, tmp_path: Path) -> None:
    outside = tmp_path / "Stems"
    write(str(outside), "Stems.rpp", reaper("Stem.wav"))
    write(str(outside), "Stem.wav", b"stem")
    home = tmp_path / "Song"
    write(str(home), "Song.rpp", project([("RPP_PROJECT", str(outside / "Stems.rpp"))]))
    found = set(names(collected(home)))
    assert {os.path.basename(name) for name in found} == {"Song.rpp", "Stems.rpp", "Stem.wav"}
    write(str(outside), "Stems.rpp", project([("RPP_PROJECT", str(home / "Song.rpp"))]))
    collected(home)  # ends


def test_what_a_mac_keeps_beside_a_file_comes_with_it(drive: Path, tmp_path: Path) -> None:
    write(str(drive), "Takes/._Take.wav", b"resource fork")
    found = names(collected(song(tmp_path, f"/Volumes/AG/{TAKE}")))
    assert "Song/External Media/AG/Takes/._Take.wav" in found


def test_a_link_out_of_the_folder_does_not_hide_that_a_medium_is_outside(
    drive: Path, tmp_path: Path
) -> None:
    home = song(tmp_path, "Linked/Take.wav")
    os.symlink(drive / "Takes", home / "Linked")
    tree = collected(home)
    (record,) = (each for each in tree.references if each.recorded == "Linked/Take.wav")
    assert record.status == "outside"
    assert record.path.startswith("Song/External Media/")
    followed = collected(home, follow=True)
    assert references(followed)["Linked/Take.wav"] == "Song/Linked/Take.wav"
    assert followed.outside == ()


def test_media_that_cannot_be_opened(
    drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(drive / TAKE)
    opened = os.open

    def refuse(path: str, *rest: int, **more: int) -> int:
        if path == place:
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UnreadableSourcesError, match=r"Take\.wav: Permission denied"):
        collected(song(tmp_path, f"/Volumes/AG/{TAKE}"))


def test_sessions_that_cannot_be_read_are_archived_and_that_is_recorded(tmp_path: Path) -> None:
    home = song(tmp_path)
    write(str(home), "Broken.ptx", b"\x03 no session")
    write(str(home), "Cubase.cpr", b"RIFF\0\0\0\0NUND")
    tree = collected(home)
    assert len(tree.files) == 4
    unread = {each.path for each in tree.references if each.status == UNREADABLE}
    assert unread == {"Song/Broken.ptx", "Song/Cubase.cpr"}


def test_folder_only_reads_no_session(drive: Path, tmp_path: Path) -> None:
    tree = collected(song(tmp_path, f"/Volumes/AG/{TAKE}", "/lost.wav"), folder_only=True)
    assert len(tree.files) == 2
    assert tree.references == ()


def test_used_only_takes_what_sessions_refer_to(drive: Path, tmp_path: Path) -> None:
    home = song(tmp_path, f"/Volumes/AG/{TAKE}")
    write(str(home), "Audio Files/._Kick.wav", b"resource fork")
    write(str(home), "Audio Files/Old.wav", b"old")
    write(str(home), "Bounced Files/Mix.wav", b"mix")
    write(str(home), "Session File Backups/Song.bak.rpp", reaper("Audio Files/Old.wav"))
    os.mkdir(home / "Empty")
    os.symlink("Audio Files", home / "link")
    tree = collected(home, used_only=True)
    assert set(names(tree)) == {
        "Song/Song.rpp",
        "Song/Audio Files/Kick.wav",
        "Song/Audio Files/._Kick.wav",
        f"Song/External Media/AG/{TAKE}",
    }
    assert {each.path for each in tree.skipped} == {
        "Song/Audio Files/Old.wav",
        "Song/Bounced Files/Mix.wav",
        "Song/Session File Backups/Song.bak.rpp",
        "Song/link",
    }
    assert {each.path for each in tree.directories} == {
        "Song",
        "Song/Audio Files",
        "Song/External Media",
        "Song/External Media/AG",
        "Song/External Media/AG/Takes",
    }


def test_used_only_of_two_sources_keeps_the_name_that_is_used(tmp_path: Path) -> None:
    one, other = song(tmp_path), tmp_path / "Mix"
    write(str(one), "Song.rpp", reaper())
    write(str(other), "Mix.rpp", reaper(str(one / "Audio Files/Kick.wav")))
    found = names(collected(one, other, used_only=True))
    (kick,) = (name for name in found if name.endswith("Kick.wav"))
    assert kick.startswith("Mix/External Media/")


def test_used_only_needs_sessions_that_can_be_read(tmp_path: Path) -> None:
    home = song(tmp_path)
    write(str(home), "Broken.ptx", b"\x03 no session")
    with pytest.raises(UsageError, match=r"Broken\.ptx"):
        collected(home, used_only=True)
    write(str(tmp_path / "Plain"), "a.wav")
    with pytest.raises(UsageError, match="there is none"):
        collected(tmp_path / "Plain", used_only=True)


def test_regenerable_files_are_left_out_and_listed(tmp_path: Path) -> None:
    home = song(tmp_path)
    for name in (
        "WaveCache.wfm",
        "Audio Files/Kick.wav.reapeaks",
        "Audio Files/Kick.asd",
        "Rendered Files/Elastic.wav",
        "Fade Files/Fade_01.wav",
        "Deep/peaks/x.peak",
    ):
        write(str(home), name)
    assert len(collected(home).files) == 8
    left = {each.path: each.reason for each in collected(home, skip_regenerable=True).skipped}
    assert set(left) == {
        "Song/WaveCache.wfm",
        "Song/Audio Files/Kick.wav.reapeaks",
        "Song/Audio Files/Kick.asd",
        "Song/Deep/peaks/x.peak",
    }  # folders called so are somebody's own, where there is no session of Pro Tools
    kept = collected(home, skip_regenerable=True, folder_only=True)
    assert len(kept.files) == 4
    assert "Song/Deep" not in {each.path for each in kept.directories}


@pytest.mark.parametrize(("form", "scheme"), [("ptx", 5), ("ptf", 1)])
def test_what_pro_tools_makes_again(tmp_path: Path, form: str, scheme: int) -> None:
    home = tmp_path / "Song"
    fades = ("Fade Files",)
    media = (
        ProToolsFile("AG", fades, "Fade_02.wav"),
        ProToolsFile("AG", ("Audio Files",), "Kick.wav"),
    )
    session = Description(Writing(scheme), volumes=(Volume("AG", b"abcd"),), audio=media)
    write(str(home), f"Song.{form}", session.file())
    for name in (
        "Audio Files/Kick.wav",
        "Fade Files/Fade_01.wav",
        "Fade Files/Fade_02.wav",
        "Rendered Files/Elastic.wav",
        "WaveCache.wfm",
    ):
        write(str(home), name)
    left = {each.path for each in collected(home, skip_regenerable=True).skipped}
    made_again = {"Song/Fade Files/Fade_01.wav"} if form == "ptx" else set()
    assert left == {"Song/Rendered Files/Elastic.wav", "Song/WaveCache.wfm"} | made_again
