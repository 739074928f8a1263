"""PLAN.json: a plan written and read back."""

import json
from typing import Any

import msgspec

from spanner.atomic import write_atomically
from spanner.errors import UsageError
from spanner.model.plan import Plan
from spanner.planning.plan_checks import problems
from spanner.wording import printable


def encode(value: Any) -> bytes:
    r"""JSON of a struct, one line. Bytes that are no UTF-8 stand as lone surrogates (`\udcff`)."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def decode(text: bytes) -> Plan:
    """The plan that `encode` made the text of, checked.

    Raises:
        UsageError: it is cut, no plan, or one that cannot be.
    """
    try:
        try:
            plan = msgspec.json.decode(text, type=Plan)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if isinstance(error, msgspec.ValidationError) or b"\\ud" not in text.lower():
                raise
            plan = msgspec.convert(json.loads(text), Plan)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no whole plan of spanner's: {error}") from None
    for problem in problems(plan):
        raise UsageError(f"this plan cannot be: {problem}")
    return plan


def load(path: str) -> Plan:
    """The plan in PLAN.json, checked.

    Raises:
        UsageError: there is none, it is damaged, or it says what cannot be.
    """
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise UsageError(f"cannot read the plan {printable(path)}: {error.strerror}") from None
    try:
        return decode(text)
    except UsageError as error:
        raise UsageError(f"{printable(path)}: {error}") from None


def is_plan(path: str) -> bool:
    """Whether it may be a plan: a JSON object, whatever its name.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except IsADirectoryError:
        return False
    except OSError as error:
        raise UsageError(f"{printable(path)}: {error.strerror}") from error


def save(plan: Plan, path: str) -> None:
    """Write PLAN.json, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(path, [encode(plan), b"\n"])
