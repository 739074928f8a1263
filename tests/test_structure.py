"""The shape of the house: one name, one meaning; what stands alone needs nothing."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
STAND_ALONE = ("spanner/catalog/restore_script.py", "spanner/catalog/rebuild_script.py")
IN_EVERY_PACKAGE = {"__init__.py", "__main__.py", "errors.py"}


def modules() -> Iterator[Path]:
    for package in ("spanner", "burners"):
        yield from sorted((PROJECT / package).rglob("*.py"))


def test_no_two_modules_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        if path.name not in IN_EVERY_PACKAGE:
            places[path.name].append(str(path.relative_to(PROJECT)))
    assert [found for found in places.values() if len(found) > 1] == []


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(PROJECT)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", STAND_ALONE)
def test_what_is_on_each_disc_needs_the_standard_library_alone(name: str) -> None:
    tree = ast.parse((PROJECT / name).read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
    assert imported <= {*sys.stdlib_module_names, "__future__"}


@pytest.mark.parametrize("name", STAND_ALONE)
def test_what_is_on_each_disc_runs_with_python_3_8(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    ast.parse(text, feature_version=(3, 8))
    # Without it `list[int]` in an annotation ends the script there.
    assert "\nfrom __future__ import annotations\n" in text


def test_large_records_are_made_by_keyword() -> None:
    """Of more than five fields no two can be swapped unseen."""
    by_position = [
        f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}"
        for path in modules()
        if str(path.relative_to(PROJECT)) not in STAND_ALONE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and _fields(node) > 5 and not _by_keyword(node)
    ]
    assert by_position == []


def _fields(node: ast.ClassDef) -> int:
    bases = {ast.unparse(base) for base in node.bases}
    decorators = " ".join(map(ast.unparse, node.decorator_list))
    if "dataclass" not in decorators and not bases & {"msgspec.Struct", "Struct"}:
        return 0
    return sum(isinstance(each, ast.AnnAssign) for each in node.body)


def _by_keyword(node: ast.ClassDef) -> bool:
    calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
    keywords = [*node.keywords, *(keyword for call in calls for keyword in call.keywords)]
    return any(keyword.arg == "kw_only" for keyword in keywords)
