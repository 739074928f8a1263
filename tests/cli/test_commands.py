"""The commands as a user runs them: a process each, their output, their exit codes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.commands import Run, document
from support.trees import snapshot, write


@pytest.fixture
def session(tmp_path: Path) -> str:
    """A session of 3 MB in twelve files and a document."""
    root = str(tmp_path / "Song")
    for number, letter in enumerate("ABCDEFKLMXYZ"):
        write(root, f"Audio Files/{letter}_{number}.wav", os.urandom(250_000 + number))
    write(root, "Song.ptx", b"document" * 100)
    return root


def test_archive_verify_restore(run: Run, session: str, odd_tree: str, tmp_path: Path) -> None:
    made = document(
        run("archive", session, odd_tree, "--media", "custom:1200kB", "--to", "out", "--json")
    )
    assert len(made["discs"]) >= 4
    assert [disc["number"] for disc in made["discs"]] == list(range(1, len(made["discs"]) + 1))
    for disc in made["discs"]:
        assert disc["verified"] is True
        assert os.path.getsize(disc["file"]) == disc["sectors"] * 2048
        digest = subprocess.run(
            ["sha256sum", disc["file"]], capture_output=True, text=True, check=True
        )
        assert digest.stdout.split()[0] == disc["sha256"]
    checked = document(run("verify", "out", "--json"))
    assert [disc["sha256"] for disc in checked["discs"]] == [
        disc["sha256"] for disc in made["discs"]
    ]
    report = document(run("restore", "out", "--to", "back", "--json"))
    assert not report["failed"]
    assert not report["kept_newer"]
    for source in (session, odd_tree):
        assert snapshot(str(tmp_path / "back" / os.path.basename(source))) == snapshot(source)
    again = document(run("restore", "out", "--to", "back", "--json"))
    assert again["restored"] == []
    assert sorted(again["already_there"]) == sorted(report["restored"])


def test_plan_then_image(run: Run, session: str, tmp_path: Path) -> None:
    done = run("plan", session, "--media", "custom:1600kB", "-o", "plan.json")
    assert "Audio Files A–C" in done.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert set(plan["set"]) == {"id", "title", "created"}
    made = document(run("image", "plan.json", "--to", "out", "--json"))
    assert made["set"] == plan["set"]
    assert [disc["sectors"] for disc in made["discs"]] == [
        disc["image_sectors"] for disc in plan["discs"]
    ]
    assert sorted(os.listdir(tmp_path / "out")) == [
        f"{disc['volume_id']}.iso" for disc in plan["discs"]
    ]


def test_plan_json_is_the_plan(run: Run, session: str) -> None:
    plan = document(run("plan", session, "--media", "custom:1MB,custom:2MB", "--json"))
    for disc in plan["discs"]:
        assert disc["image_sectors"] <= disc["capacity_sectors"]
        assert any(item["path"] == "Song/Song.ptx" for item in disc["items"])
    assert plan["lower_bound"] <= len(plan["discs"])
    assert plan["proven"] is (plan["lower_bound"] == len(plan["discs"]))


def test_hashes_of_all_discs_on_every_disc(run: Run, session: str, tmp_path: Path) -> None:
    run("archive", session, "--media", "custom:1600kB", "--to", "out", "--hash")
    image = min(os.listdir(tmp_path / "out"))
    subprocess.run(["7z", "x", "-ox", f"out/{image}", "catalog"], cwd=tmp_path, check=True)
    lines = (tmp_path / "x/catalog/files.tsv").read_text().splitlines()[1:]
    hashes = {line.split("\t")[8] for line in lines if line.split("\t")[3] == "file"}
    assert "-" not in hashes
    assert len(hashes) == 13


def test_archive_again_goes_on(run: Run, session: str, tmp_path: Path) -> None:
    arguments = ("archive", session, "--media", "custom:1600kB", "--to", "out", "--json")
    first = document(run(*arguments))
    images = [Path(disc["file"]) for disc in first["discs"]]
    images[1].unlink()
    kept = images[0].stat().st_ino
    second = document(run(*arguments))
    assert second == first
    assert images[0].stat().st_ino == kept
    assert images[1].exists()


def test_a_damaged_image_is_replaced_only_if_told(run: Run, session: str) -> None:
    arguments = ("archive", session, "--media", "custom:1600kB", "--to", "out", "--json")
    first = document(run(*arguments))
    image = Path(first["discs"][0]["file"])
    data = bytearray(image.read_bytes())
    data[500_000] ^= 1
    image.write_bytes(data)
    refused = document(run(*arguments, code=2))
    assert "--yes" in refused["error"]
    assert image.read_bytes() == data
    assert document(run(*arguments, "--yes")) == first


def test_killed_at_any_moment_it_goes_on(run: Run, tmp_path: Path) -> None:
    root = str(tmp_path / "Big")
    for number in range(8):
        write(root, f"{number}.wav", os.urandom(6_000_000))
    arguments = ["archive", root, "--media", "custom:20MB", "--to", "out"]
    for delay in (0.3, 0.5, 0.6, 0.7, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "spanner", *arguments], cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    made = document(run(*arguments, "--json"))
    assert all(disc["verified"] for disc in made["discs"])
    assert sorted(os.listdir(tmp_path / "out")) == [
        f"{disc['volume_id']}.iso" for disc in made["discs"]
    ]
    run("verify", "out")
    assert document(run("list", "--json"))["sets"][0]["written"] == len(made["discs"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_half_named(tmp_path: Path, number: signal.Signals) -> None:
    root = str(tmp_path / "Sparse")
    os.makedirs(root)
    with open(os.path.join(root, "long.wav"), "wb") as file:
        file.truncate(3 << 30)
    partial = tmp_path / "out/SPARSE_01OF01.iso.partial"
    with subprocess.Popen(
        [sys.executable, "-m", "spanner", "archive", root, "--media", "bd-r", "--to", "out"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for _ in range(200):
            if partial.exists() and partial.stat().st_size > 1 << 20:
                break
            time.sleep(0.05)
        assert partial.exists()
        process.send_signal(number)
        assert process.stderr
        said = process.stderr.read()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert os.listdir(tmp_path / "out") == []


def test_list_and_show(run: Run, session: str) -> None:
    assert document(run("list", "--json"))["sets"] == []
    made = document(run("archive", session, "--media", "custom:1600kB", "--to", "out", "--json"))
    run("verify", made["discs"][0]["file"])
    listed = document(run("list", "--json"))["sets"]
    assert [(each["id"], each["files"]) for each in listed] == [(made["set"]["id"], 13)]
    assert made["set"]["id"][:8] in run("list").stdout
    shown = document(run("show", made["set"]["id"][:6], "--json"))
    assert [disc["places"] for disc in shown["discs"]] == [[disc["file"]] for disc in made["discs"]]
    assert shown["discs"][0]["last_check"].endswith("good")
    assert shown["discs"][1]["last_check"].endswith("good")  # it was read back
    assert "Audio Files A–C" in run("show", "song").stdout
    assert "no set" in run("show", "nothing", code=2).stderr


def test_missing_disc_is_named(run: Run, session: str, tmp_path: Path) -> None:
    made = document(run("archive", session, "--media", "custom:1600kB", "--to", "out", "--json"))
    lost = made["discs"][1]
    os.unlink(lost["file"])
    done = run("restore", "out", "--to", "back", code=7)
    assert lost["volume_id"] in done.stdout
    assert "Audio Files D–F" in done.stdout
    assert sorted(os.listdir(tmp_path / "back/Song/Audio Files"))[:3] == [
        "A_0.wav",
        "B_1.wav",
        "C_2.wav",
    ]


def test_demo(run: Run, tmp_path: Path) -> None:
    done = run("demo", "here")
    assert "the same bytes, times and modes" in done.stdout
    assert len(os.listdir(tmp_path / "here/images")) >= 4
    assert snapshot(str(tmp_path / "here/Demo Session")) == snapshot(
        str(tmp_path / "here/restored/Demo Session")
    )
    assert "exists" in run("demo", "here", code=2).stderr
    assert document(run("demo", "other", "--json"))["discs"][0]["verified"] is True


def test_the_library_option_wins(run: Run, session: str, tmp_path: Path) -> None:
    run("archive", session, "--media", "cd", "--to", "out", "--library", "mine.sqlite")
    assert (tmp_path / "mine.sqlite").exists()
    assert not (tmp_path / "library.sqlite").exists()
    with sqlite3.connect(tmp_path / "mine.sqlite") as db:
        assert db.execute("SELECT count(*) FROM files").fetchone() == (13,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_help_and_version(run: Run) -> None:
    assert run("--version").stdout.startswith("spanner 0.")
    listed = run().stdout
    assert listed == run("--help").stdout
    for command in (
        "archive",
        "plan",
        "image",
        "verify",
        "restore",
        "list",
        "show",
        "find",
        "import",
        "forget",
        "demo",
    ):
        assert f"\n  {command} " in listed
        assert "--json" in run(command, "--help").stdout
