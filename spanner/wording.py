"""Words for people: names that any terminal can print."""


def printable(name: str) -> str:
    """The name as one line of clean Unicode: control characters and odd bytes are escaped."""
    if name.isprintable():
        return name
    return "".join(
        c
        if c.isprintable()
        else f"\\x{ord(c) - 0xDC00:02x}"
        if 0xDC80 <= ord(c) <= 0xDCFF
        else c.encode("unicode_escape").decode()
        for c in name
    )
