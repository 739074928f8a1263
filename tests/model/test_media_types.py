"""The words of --media."""

import pytest

from spanner.errors import UsageError
from spanner.model.media_types import Medium, known_media, parse_media, reserving

NAMES = [medium.name for medium in known_media()]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("cd-r", 359_849),
        ("cd-rw", 359_849),
        ("cd-r-74", 333_000),
        ("cd-r-90", 405_000),
        ("cd-r-99", 445_500),
        ("cd-r-8cm", 94_500),
        ("dvd-r", 2_298_496),
        ("dvd-rw", 2_298_496),
        ("dvd+r", 2_295_104),
        ("dvd+rw", 2_295_104),
        ("dvd-r-dl", 4_171_712),
        ("dvd+r-dl", 4_173_824),
        ("dvd-ram", 2_236_704),
        ("dvd-r-8cm", 714_544),
        ("dvd+r-8cm", 714_544),
        ("hd-dvd-r", 7_324_218),
        ("hd-dvd-r-dl", 14_648_437),
        ("bd-r", 12_219_392),
        ("bd-re", 11_826_176),
        ("bd-r-dl", 24_438_784),
        ("bd-re-dl", 23_652_352),
        ("bd-r-xl", 48_878_592),
        ("bd-r-xl-128", 62_500_864),
    ],
)
def test_sectors(name: str, count: int) -> None:
    (medium,) = parse_media(name)
    assert (medium.name, medium.sectors) == (name, count)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("tail", "price", "stock"),
    [
        ("", None, None),
        ("@1.20", 1.2, None),
        ("@3", 3.0, None),
        ("x10", None, 10),
        ("@0.25x0", 0.25, 0),
        ("@2x007", 2.0, 7),
    ],
)
def test_every_medium_takes_price_and_stock(
    name: str, tail: str, price: float | None, stock: int | None
) -> None:
    known = next(medium for medium in known_media() if medium.name == name)
    wanted = Medium(
        name=name, sectors=known.sectors, description=known.description, price=price, stock=stock
    )
    assert parse_media(name + tail) == (wanted,)
    assert parse_media(f" {name.upper()}{tail.upper()} ") == (wanted,)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("cd", "cd-r"),
        ("cd-r-80", "cd-r"),
        ("dvd", "dvd+r"),
        ("dvd-dl", "dvd-r-dl"),
        ("bd", "bd-r"),
        ("bd-dl", "bd-r-dl"),
        ("bd-r-tl", "bd-r-xl"),
        ("bd-r-ql", "bd-r-xl-128"),
    ],
)
def test_alias(alias: str, name: str) -> None:
    assert parse_media(alias) == parse_media(name)
    assert parse_media(f"{alias}@1x2") == parse_media(f"{name}@1x2")


def test_dvd_without_more_is_the_smaller_kind() -> None:
    (medium,) = parse_media("dvd")
    assert medium.sectors == min(parse_media("dvd-r,dvd+r"), key=lambda each: each.sectors).sectors


@pytest.mark.parametrize(
    ("text", "name", "count", "price", "stock"),
    [
        ("custom:4096s", "custom:4096s", 4096, None, None),
        ("custom:50MB", "custom:50MB", 24_414, None, None),
        ("custom:4095", "custom:4095", 1, None, None),
        ("custom:650MiBx3", "custom:650MiB", 332_800, None, 3),
        ("custom:4.7GB@0.3x12", "custom:4.7GB", 2_294_921, 0.3, 12),
    ],
)
def test_custom(text: str, name: str, count: int, price: float | None, stock: int | None) -> None:
    (medium,) = parse_media(text)
    assert (medium.name, medium.sectors) == (name, count)
    assert (medium.price, medium.stock) == (price, stock)


def test_several_in_their_order() -> None:
    media = parse_media("bd-r-xl@6x2, dvd-r@0.25,custom:1MB")
    assert [(each.name, each.price, each.stock) for each in media] == [
        ("bd-r-xl", 6.0, 2),
        ("dvd-r", 0.25, None),
        ("custom:1MB", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "--media '': say NAME[@PRICE][xSTOCK], such as bd-r@1.20x10"),
        ("bd-r,", "--media '': say NAME"),
        ("@2", "--media '@2': say NAME"),
        ("bd-r@1@2", "--media 'bd-r@1@2': say NAME"),
        ("bd-r@1xtwo", "--media 'bd-r@1xtwo': say NAME"),
        ("floppy", "unknown medium 'floppy'; known are cd-r, "),
        ("bd-rxtwo", "unknown medium 'bd-rxtwo'"),
        ("custom", "unknown medium 'custom'"),
        ("cd-r:50MB", "unknown medium 'cd-r:50mb'"),
        ("custom:", "--media custom:: '' is no size"),
        ("custom:5 apples", "--media custom:5 apples: '5 apples' is no size"),
        ("bd-r@", "--media bd-r@: the price '' is no number"),
        ("bd-r@-1", "--media bd-r@-1: the price '-1' is no number"),
        ("bd-r@nan", "--media bd-r@nan: the price 'nan' is no number"),
        ("bd-r@1e5", "--media bd-r@1e5: the price '1e5' is no number"),
        ("bd-rx", "--media bd-rx: the stock '' is no number"),
        ("bd-rx-1", "--media bd-rx-1: the stock '-1' is no number"),
        ("bd-rx1.5", "--media bd-rx1.5: the stock '1.5' is no number"),
        ("bd-rx" + "9" * 5000, "--media bd-rx999"),
        ("bd-r,bd-r@2", "--media names bd-r twice"),
        ("bd,bd-r", "--media names bd-r twice"),
    ],
)
def test_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_media(text)
    assert str(caught.value).startswith(sentence)


# what is left free


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("4096", 2),
        ("4097", 3),
        ("100MB", 48_829),
        ("5%", 500),
        ("0.01 %", 1),
        ("0.001%", 1),
        ("99%", 9900),
    ],
)
def test_a_reserve_is_a_size_or_a_part(text: str, expected: int) -> None:
    (medium,) = reserving([Medium(name="m", sectors=10_000, description="")], text)
    assert medium == Medium(name="m", sectors=10_000, description="", reserve=expected)


def test_a_part_is_of_each_medium() -> None:
    media = reserving(parse_media("custom:1000s,custom:30s"), "10%")
    assert [medium.reserve for medium in media] == [100, 3]


@pytest.mark.parametrize("text", ["", "much", "-5%", "100%", "5 percent", "-1", "%", "1e3"])
def test_a_reserve_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--reserve: .*, or a part such as 5%$"):
        reserving([], text)


@pytest.mark.parametrize(("price", "expected"), [(".25", 0.25), ("1.", 1.0), ("0", 0.0)])
def test_prices_as_people_write_them(price: str, expected: float) -> None:
    (medium,) = parse_media(f"dvd-r@{price}x3")
    assert (medium.price, medium.stock) == (expected, 3)


@pytest.mark.parametrize("price", ["", ".", "-1", "1,5", "free", "1e3", "nan", "inf"])
def test_prices_that_are_no_numbers(price: str) -> None:
    with pytest.raises(UsageError):
        parse_media(f"dvd-r@{price}")
