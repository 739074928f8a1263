"""Progress: bytes, rate and time left on stderr, nothing for what is quick."""

import pytest

from spanner.cli import terminal_progress
from spanner.cli.terminal_progress import TerminalProgress


def test_what_takes_long_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal_progress, "_DELAY", 0)
    shown = TerminalProgress()
    with shown.task("writing SONG_01OF02", 4_000_000):
        shown.advance(1_000_000)
        shown.advance(3_000_000)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "writing SONG_01OF02: 100%" in printed.err
    assert "4.00M/4.00M" in printed.err
    assert "B/s" in printed.err


def test_what_is_quick_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    shown = TerminalProgress()
    with shown.task("scanning", unit="files"):
        shown.advance(1)
    assert capsys.readouterr().err == ""


def test_notes(capsys: pytest.CaptureFixture[str]) -> None:
    shown = TerminalProgress()
    with shown.task("writing"):
        shown.note("left out: a pipe")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "left out: a pipe\n" in printed.err
