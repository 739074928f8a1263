"""Exit codes, and the sentences that errors make themselves."""

import os

import pytest

from spanner import errors
from spanner.errors import SourceChangedError, SpannerError, UnreadableSourcesError


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SpannerError", 1),
        ("UsageError", 2),
        ("DoesNotFitError", 3),
        ("SourceError", 4),
        ("UnreadableSourcesError", 4),
        ("SourceChangedError", 4),
        ("VerificationError", 5),
        ("DamagedImageError", 5),
        ("DriveError", 6),
        ("PartialRestoreError", 7),
        ("UnrecoverableError", 7),
    ],
)
def test_exit_code(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, SpannerError)
    assert kind.exit_code == code


def test_unreadable_lists_all() -> None:
    one = UnreadableSourcesError([("/a", "Permission denied")])
    assert str(one) == "1 source cannot be read, nothing was written:\n  /a: Permission denied"
    failures = [(os.fsdecode(b"/\xff"), "Permission denied"), ("/b\nc", "Input/output error")]
    both = UnreadableSourcesError(iter(failures))
    assert both.failures == failures
    assert str(both).splitlines() == [
        "2 sources cannot be read, nothing was written:",
        "  /\\xff: Permission denied",
        "  /b\\nc: Input/output error",
    ]


def test_changed_source_is_named() -> None:
    error = SourceChangedError("/a\nb", "it ends at byte 5")
    assert error.path == "/a\nb"
    assert str(error) == (
        "/a\\nb: it ends at byte 5; the disc was not written. Plan again to archive it as it is now"
    )
