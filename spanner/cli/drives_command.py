"""`spanner drives`: the optical drives, what they write, and what is in them."""

from burners import Drive, NoDriveError
from burners import drives as find_drives
from burners.disc_types import display_name
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines, print_table
from spanner.errors import DriveError
from spanner.model.units import SECTOR, format_size
from spanner.wording import printable


def command(as_json: o.JsonOption = False) -> None:
    """List the optical drives and the discs in them."""
    try:
        found = find_drives()
    except NoDriveError as error:
        raise DriveError(str(error)) from error
    if as_json:
        print_json({"drives": [_document(drive) for drive in found]})
        return
    if not found:
        print_lines("no optical drive found: is it connected, and shown by `lsblk`?")
        return
    print_table(
        ["Drive", "Model", "Writes", "Disc", "State", " Free", "Label"],
        [
            (
                drive.node,
                printable(" ".join(filter(None, (drive.vendor, drive.model)))) or "-",
                _families(drive),
                display_name(drive.medium.kind) if drive.medium else "-",
                _state(drive),
                _free(drive),
                printable(drive.medium.label) if drive.medium else "",
            )
            for drive in found
        ],
    )


def _families(drive: Drive) -> str:
    """CD, DVD and BD in short; `--json` has each type."""
    families = ((name, name.lower()) for name in ("CD", "DVD", "BD"))
    short = [name for name, start in families if any(w.startswith(start) for w in drive.writes)]
    return " ".join(short) or "nothing"


def _state(drive: Drive) -> str:
    if drive.medium is None or drive.state == "busy":
        return {"open": "tray open", "loaded": "unreadable"}.get(drive.state, drive.state)
    return drive.medium.state


def _free(drive: Drive) -> str:
    if drive.medium is None or drive.state == "busy":
        return "-"
    return format_size(drive.medium.free_sectors * SECTOR)


def _document(drive: Drive) -> dict[str, object]:
    medium = drive.medium
    return {
        "node": drive.node,
        "vendor": drive.vendor,
        "model": drive.model,
        "writes": sorted(drive.writes),
        "closes_tray": drive.closes_tray,
        "state": drive.state,
        "medium": medium
        and {
            "type": medium.kind,
            "state": medium.state,
            "rewritable": medium.rewritable,
            "label": medium.label,
            "free_sectors": medium.free_sectors,
        },
    }
