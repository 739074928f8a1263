"""One table of session files, and what each of its uses makes of every extension."""

import pytest

from spanner.model.session_types import SESSION_TYPES, Use, read_extensions
from spanner.model.tree import File
from spanner.planning.contents import is_document
from spanner.sources.formats import detect
from spanner.sources.formats.recorded import kind_of

READ = (
    "ptx ptf pt5 pts ptxp txt rpp ardour als fcpxml fcpxmld xml otio aaf flp song dawproject cpr"
    " npr logicx band"
)
PROJECTS = (
    "ptx ptf pts pt5 ptxt rpp rpp-bak als alc ardour dawproject aaf omf fcpxml fcpxmld otio otioz"
    " otiod xmeml prproj cpr npr flp logicx logic band song bwproject reason rns aup aup3 sesx ses"
    " cwp"
)
DOCUMENTS = (
    "aaf als ardour aup3 bwproject cpr dawproject edl fcpxml flp npr omf otio pt5 ptf pts ptx rpp"
    " song xml"
)
OTHERS = ("wav", "mid", "mov", "pdf", "zip", "doc", "")
KNOWN = {*READ.split(), *PROJECTS.split(), *DOCUMENTS.split()}


@pytest.mark.parametrize("extension", [*sorted(KNOWN), *OTHERS])
def test_what_each_use_says_of_an_extension(extension: str) -> None:
    for name in (f"x.{extension}", f"X.{extension.upper()}"):
        file = File(path=f"Song/{name}", size=1, mtime_ns=0, mode=0o644)
        assert is_document(file) == (extension in DOCUMENTS.split())
        assert (kind_of(name) == "project") == (extension in PROJECTS.split())
    formats = [each for each in detect._FORMATS if extension in each.extensions]
    assert len(formats) == (extension in READ.split())


def test_each_extension_is_in_the_table_once() -> None:
    listed = [extension for each in SESSION_TYPES for extension in each.extensions]
    assert sorted(listed) == sorted(KNOWN)


def test_formats_are_listed_in_the_registrys_order() -> None:
    assert [extension for each in detect._FORMATS for extension in each.extensions] == READ.split()


def test_all_that_is_read_is_in_the_registry() -> None:
    read = {each.application for each in SESSION_TYPES if Use.READ in each.use}
    assert read == {each.title for each in detect._FORMATS}
    with pytest.raises(KeyError):
        read_extensions("Cakewalk")
