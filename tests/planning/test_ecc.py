"""Plans with error correction: exactly the room that it needs, on media of any size."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from spanner.ecc.rs03 import planned
from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.plan_file import decode, encode
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.ecc import assert_good
from support.sets import make_set
from support.trees import write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    for name in "abcdefgh":
        write(root, f"{name}.wav", os.urandom(300_000))
    write(root, "long.wav", os.urandom(2_000_000))
    return root


def plan_with(root: str, media: str, ecc: float, reserve: str = "") -> Plan:
    return make_plan(walk([root]), PlanOptions(media=parse_media(media), ecc=ecc, reserve=reserve))


@pytest.mark.parametrize("ecc", [3, 20, 66.6, 200])
@pytest.mark.parametrize("media", ["custom:3300kB", "custom:3100s", "custom:5MB", "cd-r"])
def test_no_image_is_larger_than_its_disc(root: str, media: str, ecc: float) -> None:
    plan = plan_with(root, media, ecc)
    assert plan.ecc == ecc
    for disc in plan.discs:
        layout = planned(disc.volume_sectors, ecc)
        assert disc.image_sectors == layout.total <= disc.capacity_sectors
        assert disc.ecc_sectors / disc.volume_sectors > ecc / 100
    assert decode(encode(plan)) == plan


def test_it_takes_more_discs_and_what_is_reserved_stays_free(root: str) -> None:
    bare = plan_with(root, "custom:4MB", 0)
    assert all(not disc.ecc_sectors for disc in bare.discs)
    assert b"ecc_sectors" not in encode(bare)
    protected = plan_with(root, "custom:4MB", 100, "5%")
    assert len(protected.discs) > len(bare.discs)
    for disc in protected.discs:
        assert disc.image_sectors <= disc.capacity_sectors * 0.95


def test_what_fits_without_and_not_with_it(tmp_path: Path) -> None:
    write(str(tmp_path / "S"), "a.wav", os.urandom(900_000))
    options = PlanOptions(media=parse_media("custom:1800kB"), split=False)
    assert len(make_plan(walk([str(tmp_path / "S")]), options).discs) == 1
    with pytest.raises(DoesNotFitError, match="1 file does not fit"):
        make_plan(
            walk([str(tmp_path / "S")]),
            PlanOptions(media=parse_media("custom:1800kB"), split=False, ecc=50),
        )


def test_the_images_have_what_was_planned(
    root: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("dvdisaster")
    made = make_set(root, str(tmp_path), "custom:3MB", ecc=20)
    assert len(made.images) > 1
    for disc, image in zip(made.plan.discs, made.images, strict=True):
        assert os.path.getsize(image) == disc.image_sectors * 2048
        assert_good(image)


def test_a_plan_whose_error_correction_cannot_be_is_none(root: str) -> None:
    plan = plan_with(root, "custom:5MB", 20)
    replace = msgspec.structs.replace
    disc = plan.discs[0]
    for changed in (
        replace(plan, ecc=1.0),
        replace(plan, ecc=100.0),
        replace(plan, ecc=0.0),
        replace(plan, discs=(replace(disc, ecc_sectors=0), *plan.discs[1:])),
        replace(plan, discs=(replace(disc, ecc_sectors=10**9), *plan.discs[1:])),
    ):
        with pytest.raises(UsageError, match="error correction"):
            decode(encode(changed))


@pytest.mark.parametrize("ecc", [3, 20, 100])
def test_parity_discs_have_it_too_and_fit(root: str, ecc: float) -> None:
    options = PlanOptions(media=parse_media("custom:5MB"), parity=1, ecc=ecc)
    plan = make_plan(walk([root]), options)
    assert plan.parities == 1
    for disc in plan.discs:
        assert planned(disc.volume_sectors, ecc).total == disc.image_sectors
        assert disc.image_sectors <= disc.capacity_sectors
