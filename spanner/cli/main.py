"""The command line: runs the command, turns every error into one line and an exit code."""

import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from spanner.cli.output import print_json, print_lines
from spanner.errors import SpannerError
from spanner.version import VERSION
from spanner.wording import printable

COMMANDS = (
    "archive",
    "plan",
    "image",
    "burn",
    "scan",
    "verify",
    "restore",
    "drives",
    "find",
    "list",
    "show",
    "status",
    "locate",
    "import",
    "forget",
    "demo",
)
_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that the arguments name, and exit."""
    arguments = sys.argv[1:] or ["--help"]
    debug = "--debug" in arguments
    if debug:
        arguments.remove("--debug")
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    try:
        code = _run(arguments)
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else 1
    except (KeyboardInterrupt, typer.Abort):
        if debug:
            raise
        code = _fail(arguments, "interrupted; the same command goes on from here", _INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if debug:
            raise
        code = _report(arguments, error)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    command = get_command(_app(arguments))
    result = command.main(arguments, prog_name="spanner", standalone_mode=False)
    if result == _INTERRUPTED:  # what typer makes of KeyboardInterrupt
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _app(arguments: list[str]) -> typer.Typer:
    """The app with the one command that is asked for, so that others' imports cost nothing."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help=_options.__doc__,
    )
    app.callback()(_options)
    named = [name for name in COMMANDS if name in arguments[:1]]
    if arguments[:1] == ["--version"]:
        named = ["list"]  # any of them: an app needs a command
    for name in named or COMMANDS:
        module: Any = import_module(f"spanner.cli.{name}_command")
        app.command(name)(module.command)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print_lines(f"spanner {VERSION}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Plans, writes, burns, checks and restores sets of optical discs for audio sessions."""


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _report(arguments: list[str], error: Exception) -> int:
    """One line for an error, and its exit code."""
    if isinstance(error, SpannerError):
        return _fail(arguments, str(error), error.exit_code)
    shown = getattr(error, "format_message", None)
    if shown:  # what the command line's parser found
        return _fail(arguments, f"{shown().rstrip('.')}; see `spanner --help`", 2)
    if isinstance(error, OSError):
        place = f"{printable(os.fsdecode(error.filename))}: " if error.filename else ""
        return _fail(arguments, f"{place}{error.strerror or error}", 1)
    return _fail(arguments, f"unexpected {type(error).__name__}: {error} (--debug shows where)", 1)


def _fail(arguments: list[str], message: str, code: int) -> int:
    text = message.encode("utf-8", "backslashreplace").decode()
    if "--json" in arguments:
        print_json({"error": text, "exit_code": code})
    sys.stderr.write(f"spanner: {text}\n")
    return code
