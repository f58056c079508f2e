"""Maps of webhooks in the data folder: found by name, and refused with file, line and what was not changed."""

import pytest

from keepwell.config.refusal import FileRefusedError
from keepwell.config.webhooks import load_webhook, load_webhooks
from keepwell.events.mapping import EventRule
from keepwell.sources.mapper.compile import compile_map

GOOD = """
[signature]
kind = "hmac"
header = "X-Acme"

[fields]
event = "type"

[events.opened]
event = "ticket_opened"
"""


def test_maps_are_found_by_the_name_of_their_file(tmp_path):
    for name in ("acme", "b-2"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("none")
    found = load_webhooks(tmp_path, {"stripe"}, compile_map)

    assert list(found) == ["acme", "b-2"]
    assert found["acme"].events.events == {"opened": EventRule("ticket_opened")}


def test_without_a_folder_there_are_none(tmp_path):
    assert load_webhooks(tmp_path / "webhooks", (), compile_map) == {}


@pytest.mark.parametrize("name", ["stripe", "Acme", "a.b", "-a", "a b", "x" * 51])
def test_a_name_that_cannot_be_an_address_is_refused(tmp_path, name):
    (tmp_path / f"{name}.toml").write_text(GOOD)
    with pytest.raises(FileRefusedError) as refused:
        load_webhooks(tmp_path, {"stripe"}, compile_map)

    assert refused.value.path.stem == name


MALFORMED = [
    (2, GOOD.replace("[signature]", "[signature")),
    (3, GOOD.replace("hmac", "md5")),
    (4, GOOD.replace('"X-Acme"', "5")),
    (7, GOOD.replace('"type"', '"a..b"')),
    (10, GOOD.replace("[events.opened]\nevent", "[events.opened]\nname")),
    (10, GOOD.replace("ticket_opened", "no_such")),
    (1, "events = 5\n" + GOOD.replace("[events.opened]", "[set]")),
    (12, GOOD + "\n[colours]\n"),
]


@pytest.mark.parametrize(("line", "text"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_map_is_refused_with_its_line(tmp_path, line, text):
    path = tmp_path / "acme.toml"
    path.write_text(text)
    with pytest.raises(FileRefusedError) as refused:
        load_webhook(path, compile_map)

    assert (refused.value.path, refused.value.line) == (path, line)
    assert refused.value.unchanged == "The webhooks in use were not changed"
