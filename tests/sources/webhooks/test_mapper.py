"""Maps of the installation's own webhooks: what they read, and what is no map."""

import base64
import hashlib
import hmac
import json
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.errors import MisconfiguredError
from keepwell.events.mapping import EventRule
from keepwell.sources.delivery import SIGNATURES, ForgedError, StaleError
from keepwell.sources.mapper.compile import compile_map
from keepwell.sources.mapper.paths import path
from keepwell.sources.sent import BodyRefusedError, Unread
from keepwell.sources.webhooks import mapped
from tests.sources.webhooks.signing import FOLDER, NOW, NOW_S, delivery

EXAMPLE = re.search(r"```toml\n(.*?)```", (FOLDER / "mapper/README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
BODY = {
    "sent_at": 1_763_800_000,
    "data": {
        "events": [
            {
                "id": 7,
                "type": "case.opened",
                "account": {"id": "acct-17", "owner": {"email": " Ada@Example.org"}, "wallets": ["So1", "So2"]},
                "payload": {"number": 12, "how bad": "high"},
            },
            {"id": 8, "type": "case.viewed", "account": {"id": "acct-17"}},
            {"id": 9, "account": {"id": None, "owner": {"email": "ada@example.org"}}},
            "nothing",
        ]
    },
}


def compiled(text):
    table = tomllib.loads(text)
    rules = {name: EventRule(**rule) for name, rule in table.pop("events", {}).items()}
    return mapped("acme", compile_map(table, rules))


def signed(secret, body, at_s=NOW_S):
    code = hmac.new(secret, b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return delivery("acme", body, {"x-acme-signature": f"v1={code}", "x-acme-timestamp": str(at_s)}, NOW)


def test_the_example_of_the_guide_does_what_it_says():
    webhook, given_ = compiled(EXAMPLE), signed(b"s", json.dumps(BODY).encode())
    webhook.verify(given_, ["s"])
    batch = webhook.parse(given_)
    opened, unknown, unread = batch.items

    assert batch.ignored == 1
    assert (opened.raw.customer_id, opened.raw.event, opened.raw.message_id) == ("acct-17", "ticket_opened", 7)
    assert opened.raw.timestamp == 1_763_800_000
    assert opened.raw.properties == {"topic": "technical", "ticket": 12, "severity": "high"}
    assert opened.names == (("email", "ada@example.org"), ("wallet", "So1"))
    assert opened.binds == (("wallet", "So1"),)
    assert (unknown.raw.customer_id, unknown.raw.event, unknown.binds) == (None, "acme.unknown", ())
    assert isinstance(unread, Unread)


def test_what_the_example_signs_is_checked():
    webhook, body = compiled(EXAMPLE), json.dumps(BODY).encode()
    with pytest.raises(ForgedError):
        webhook.verify(signed(b"other", body), ["s"])
    with pytest.raises(StaleError):
        webhook.verify(signed(b"s", body, NOW_S + 301), ["s"])
    with pytest.raises(BodyRefusedError):
        webhook.parse(delivery("acme", b"{"))


FIELDS = '[fields]\nevent = "e"\n'


@pytest.mark.parametrize("kind", sorted(SIGNATURES))
def test_a_vendor_s_way_of_signing_can_be_used(kind):
    assert compiled(f'{FIELDS}[signature]\nkind = "{kind}"').verify == SIGNATURES[kind].verify


def test_a_shared_secret_and_basic_authentication():
    secret = compiled(f'{FIELDS}[signature]\nkind = "secret"\nheader = "X-Token"')
    basic = compiled(f'{FIELDS}[signature]\nkind = "basic"')
    user = base64.b64encode(b"u:p").decode()

    secret.verify(delivery("x", b"", {"x-token": "t"}), ["t"])
    basic.verify(delivery("x", b"", {"authorization": f"Basic {user}"}), ["u:p"])
    for webhook in (secret, basic):
        with pytest.raises(ForgedError):
            webhook.verify(delivery("x", b"", {"x-token": "u", "authorization": user}), ["t", "u:p"])


@pytest.mark.parametrize(("body", "events"), [({"e": "a"}, ["a"]), ([{"e": "a"}, {"e": "b"}], ["a", "b"]), ([], [])])
def test_without_a_list_the_body_is_one_event_or_several(body, events):
    webhook = compiled(f'{FIELDS}[signature]\nkind = "basic"')
    found = webhook.parse(delivery("x", json.dumps(body).encode())).items

    assert [each.raw.event for each in found] == events
    assert {each.raw.timestamp for each in found} <= {NOW}


@pytest.mark.parametrize(
    ("text", "steps", "whole"),
    [
        ("a", ("a",), False),
        ("a.b-c.d_e", ("a", "b-c", "d_e"), False),
        ("a[0].b", ("a", 0, "b"), False),
        ("a[-1]", ("a", -1), False),
        ("[0]", (0,), False),
        ("['a.b'].c", ("a.b", "c"), False),
        ('a["b c"]', ("a", "b c"), False),
        ("$.a.b", ("a", "b"), True),
        ("$[0]", (0,), True),
        ("$", (), True),
    ],
)
def test_paths(text, steps, whole):
    found = path(text)

    assert (found.steps, found.whole) == (steps, whole)


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "a[", "a[x]", "a[0]b", "a['b", "$.", "$a$", "a b]"])
def test_what_is_no_path(text):
    assert path(text) is None


@given(st.text(alphabet="a.[]'\"0-$ ", max_size=12))
def test_a_path_reads_anything_or_is_none(text):
    found = path(text)
    if found is not None:
        found.read({"a": [{"a": 1}]}, {"a": 2})


SIGNATURE = '[signature]\nkind = "hmac"\nheader = "X-S"\n'
REFUSED = [
    ("", "fields"),
    (FIELDS, "kind"),
    (f'{FIELDS}[signature]\nkind = "md5"', "kind"),
    (f'{FIELDS}[signature]\nkind = "stripe"\nheader = "x"', "header"),
    (f'{FIELDS}[signature]\nkind = "basic"\nheader = "x"', "header"),
    (f'{FIELDS}[signature]\nkind = "secret"', "header"),
    (f'{FIELDS}[signature]\nkind = "hmac"', "header"),
    (f'{FIELDS}[signature]\nkind = "hmac"\nheader = "x y"', "header"),
    (f'{FIELDS}{SIGNATURE}text = "{{timestamp}}"', "text"),
    (f'{FIELDS}{SIGNATURE}text = "{{body}}{{nonce}}"', "text"),
    (f'{FIELDS}{SIGNATURE}text = "{{timestamp}}{{body}}"', "timestamp"),
    (f'{FIELDS}{SIGNATURE}timestamp = "X-T"', "timestamp"),
    (f'{FIELDS}{SIGNATURE}id = "X-I"', "id"),
    (f'{FIELDS}{SIGNATURE}digest = "md5"', "digest"),
    (f'{FIELDS}{SIGNATURE}digest = ["sha1"]', "digest"),
    (f'{FIELDS}{SIGNATURE}encoding = "rot13"', "encoding"),
    (f'{FIELDS}{SIGNATURE}clock = "moon"', "clock"),
    (f"{FIELDS}{SIGNATURE}key = 5", "key"),
    (f"{FIELDS}{SIGNATURE}prefix = 5", "prefix"),
    (f"{FIELDS}{SIGNATURE}tolerance_s = 0", "tolerance_s"),
    (f"{FIELDS}{SIGNATURE}tolerance_s = true", "tolerance_s"),
    (f"{FIELDS}{SIGNATURE}colour = 1", "colour"),
    (f"colour = 1\n{FIELDS}{SIGNATURE}", "colour"),
    (f"list = 5\n{FIELDS}{SIGNATURE}", "list"),
    (f'list = "a["\n{FIELDS}{SIGNATURE}', "list"),
    (f"fields = 5\n{SIGNATURE}", "fields"),
    (f'{FIELDS}event_name = "x"\n{SIGNATURE}', "event_name"),
    (f'{FIELDS}customer_id = "a..b"\n{SIGNATURE}', "customer_id"),
    (f'{FIELDS}{SIGNATURE}[constants]\ncolour = "x"', "colour"),
    (f"{FIELDS}{SIGNATURE}[constants]\nevent = 5", "event"),
    (f"{FIELDS}{SIGNATURE}[names]\nemail = 5", "email"),
    (f'{FIELDS}{SIGNATURE}[properties]\nticket = ""', "ticket"),
    (f"set = 5\n{FIELDS}{SIGNATURE}", "set"),
]


@pytest.mark.parametrize(("text", "key"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_map_is_refused_where_it_is_wrong(text, key):
    with pytest.raises(MisconfiguredError) as refused:
        compiled(text)

    assert refused.value.where[-1] == key
