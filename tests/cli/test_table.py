"""Tables: columns that are straight whatever the characters in them."""

import pytest
from rich.cells import cell_len

from spanner.cli.output import print_table
from spanner.cli.table import Column, lines


def test_wide_characters_take_two_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["Set", " Discs", "Title"], [["会議", "3", "a"], ["é", "12", "b"]])
    printed = capsys.readouterr().out.splitlines()
    assert printed == ["Set   Discs  Title", "会議      3  a", "é        12  b"]
    assert {cell_len(line.rstrip("Titleab")) for line in printed} == {13}


def test_no_line_ends_in_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["A", "B"], [["1", ""], ["", ""]])
    assert capsys.readouterr().out == "A  B\n1\n\n"


def test_columns_above_each_other() -> None:
    def column(head: str, *texts: str, right: bool = False) -> Column:
        return Column(head, [((text, ""),) for text in texts], right)

    stacks = [[column("Disc", "1", right=True)], [column("Size", "600 MB"), column("Files", "7")]]
    shown = ["".join(text for text, _ in line) for line in lines(stacks)]
    assert shown == ["Disc  Size", "      Files", "   1  600 MB", "      7"]
