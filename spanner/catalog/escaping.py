r"""How names stand in the tab-separated texts of a catalog.

A backslash, tab, newline and carriage return are `\\`, `\t`, `\n`, `\r`; other control characters
and bytes that are not UTF-8 are `\xNN`, one for each byte. Everything else stands as it is.
"""

import re

_SPECIAL = re.compile(r"[\\\x00-\x1f\x7f\x80-\x9f\u2028\u2029\udc80-\udcff]")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|(.))", re.DOTALL)
_SHORT = {"\\": "\\", "\t": "t", "\n": "n", "\r": "r"}
_LONG = {letter: char for char, letter in _SHORT.items()}


def escape(name: str) -> str:
    """The name (odd bytes as surrogates, as os.fsdecode gives them) as one field of a line."""
    if name.isprintable() and "\\" not in name:  # nearly all are, and this is seen at once
        return name
    return _SPECIAL.sub(_escaped, name)


def unescape(field: str) -> str:
    """The name that `escape` was given.

    Raises:
        ValueError: the field has an escape that there is not.
    """
    if "\\" not in field:
        return field
    data = bytearray()
    end = 0
    for match in _ESCAPE.finditer(field):
        data += field[end : match.start()].encode()
        end = match.end()
        if match[1]:
            data.append(int(match[1], 16))
        elif match[2] in _LONG:
            data += _LONG[match[2]].encode()
        else:
            raise ValueError(f"unknown escape in {field!r}")
    rest = field[end:]
    if "\\" in rest:
        raise ValueError(f"unknown escape in {field!r}")
    return (bytes(data) + rest.encode()).decode("utf-8", "surrogateescape")


def _escaped(match: "re.Match[str]") -> str:
    char = match[0]
    short = _SHORT.get(char)
    if short:
        return "\\" + short
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
