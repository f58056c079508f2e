"""The map on paper is the map that is enforced, and the one that was built."""

import re
import tomllib

from tests.docs.markdown import ROOT, read, section

CONTRACTS = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]


def rooms_on_paper():
    """Rooms by layer, as the table of ARCHITECTURE.md lists them."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| \S", section(read("ARCHITECTURE.md"), "Rooms"), re.MULTILINE)
    layers = {}
    for number, room in rows:
        layers.setdefault(int(number), []).append(room)
    assert list(layers) == list(range(1, len(layers) + 1))
    return list(layers.values())


def contract(kind):
    return next(each for each in CONTRACTS if each["type"] == kind)


def test_the_rooms_are_those_of_the_contract():
    assert rooms_on_paper() == [layer.split(" | ") for layer in contract("layers")["layers"]]


def test_the_rooms_are_those_that_exist():
    folders = {path.name for path in (ROOT / "src/keepwell").iterdir() if (path / "__init__.py").exists()}

    assert {room for layer in rooms_on_paper() for room in layer} == folders


def test_the_contracts_are_as_told():
    told = section(read("ARCHITECTURE.md"), "Rooms")
    pure = {name.removeprefix("keepwell.") for name in contract("forbidden")["source_modules"]}
    order = [room for layer in rooms_on_paper() for room in layer]

    assert contract("layers")["exhaustive"]
    assert pure == {*order[order.index("outreach") :], "simulation"}
    for name in contract("protected")["protected_modules"]:
        assert f"`{name.removeprefix('keepwell.')}`" in told.split("**only `runtime`**")[1]
    assert contract("protected")["allowed_importers"] == ["keepwell.runtime"]


def test_every_table_row_points_to_something_that_exists():
    for path in re.findall(r"`((?:\w+/)+[\w.*]*)`", section(read("ARCHITECTURE.md"), "Where to put what")):
        assert any(list(root.glob(path.rstrip("/"))) for root in (ROOT, ROOT / "src/keepwell")), path
