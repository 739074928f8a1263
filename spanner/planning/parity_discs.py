"""Parity discs: all other discs leave so much room that they fit the same medium."""

from collections.abc import Callable, Sequence

import msgspec

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import Medium, reserving
from spanner.model.plan import Plan, Supply
from spanner.model.units import SECTOR, sectors
from spanner.parity.field import MOST_ROWS
from spanner.planning.measuring import usable

_ATTEMPTS = 8


def with_parities(
    plan: Callable[[int], Plan], media: Sequence[Medium], reserve: str, parities: int
) -> Plan:
    """The plan that `plan` makes when so many sectors of each disc are left free as is needed.

    A parity is as long as the longest image, and its disc has a catalog with all hashes beside it.

    Raises:
        UsageError: there are too many discs, or fewer than no parities.
        DoesNotFitError: the stock does not last, or there is no end to what is needed.
    """
    if parities < 0:
        raise UsageError("--parity takes a number of discs from 0 on")
    capacities = {medium.name: usable(medium) for medium in reserving(tuple(media), reserve or "0")}
    spare = 0
    for _ in range(_ATTEMPTS):
        made = plan(spare)
        if len(made.discs) > MOST_ROWS and parities:
            raise UsageError(
                f"--parity works for {MOST_ROWS} discs at most, and this set has "
                f"{len(made.discs)}: choose larger discs"
            )
        excess = max(disc.volume_sectors * SECTOR - capacities[disc.medium] for disc in made.discs)
        if excess <= 0:
            return _counted(made, parities)
        # Images must be shorter by that than the longest is now, which may not have been full.
        spare = capacities[made.discs[-1].medium] // SECTOR - (made.longest - sectors(excess))
    raise DoesNotFitError("parity discs do not fit beside their catalog: choose larger discs")


def _counted(plan: Plan, parities: int) -> Plan:
    """The plan with its parity discs among what is used, and paid for."""
    if not parities:
        return plan
    medium = plan.discs[-1].medium
    media = tuple(
        _used(supply, parities) if supply.medium == medium else supply for supply in plan.media
    )
    price = next((supply.price for supply in plan.media if supply.medium == medium), None) or 0.0
    return msgspec.structs.replace(
        plan,
        media=media,
        lower_bound=plan.lower_bound + parities,
        price=None if plan.price is None else plan.price + parities * price,
        price_bound=None if plan.price_bound is None else plan.price_bound + parities * price,
    )


def _used(supply: Supply, parities: int) -> Supply:
    used = supply.used + parities
    if supply.stock is not None and used > supply.stock:
        raise DoesNotFitError(
            f"{parities} parity discs need {used} {supply.medium} in all, and there are "
            f"{supply.stock}: get {used - supply.stock} more"
        )
    return msgspec.structs.replace(supply, used=used, one_more=None)
