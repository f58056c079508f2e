"""Our own events, in every form that is read."""

import json

import pytest

from keepwell.events.accept import Reason
from keepwell.sources.sent import BodyRefusedError
from tests.sources.tracking.wire import NOW, WHEN, dumped, kept, only, outcome, read

PATH = "/v1/events"
EVENT = {"customer_id": "c1", "event": "signed_in", "timestamp": WHEN, "message_id": "m1", "user_id": "u1"}
OTHER = EVENT | {"message_id": "m2", "properties": {"n": 1}}


def lines(*events):
    return b"\n".join(dumped(event) for event in events)


FORMS = {
    "a list": dumped([EVENT, OTHER]),
    "a list with space": b" [ " + dumped(EVENT) + b"\n,\n" + dumped(OTHER) + b" ] ",
    "a wrapping": dumped({"events": [EVENT, OTHER]}),
    "lines": lines(EVENT, OTHER),
    "lines of Windows": lines(EVENT, OTHER).replace(b"\n", b"\r\n") + b"\r\n",
    "blank lines": b"\n" + lines(EVENT, b"", OTHER) + b"\n\n",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_every_form_says_the_same(body):
    assert [item.raw for item in read(PATH, body).items] == [only(PATH, EVENT).raw, only(PATH, OTHER).raw]


def test_an_event_is_kept_as_it_is():
    event = kept(only(PATH, OTHER))

    assert (event.customer_id, event.user_id, event.message_id) == ("c1", "u1", "m2")
    assert json.loads(event.properties) == {"n": 1}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"feature": "swap"}, {"feature": "swap"}),
        ({"feature": "swap", "properties": {"n": 1}}, {"feature": "swap", "n": 1}),
        ({"n": 2, "properties": {"n": 1}}, {"n": 1}),
        ({"properties": '{"n": 1}'}, {"n": 1}),
        ({"n": 2, "properties": '{"n": 1}'}, {"n": 1}),
        ({"properties": None}, {}),
    ],
)
def test_other_keys_are_properties_as_in_files(more, expected):
    assert json.loads(kept(only(PATH, EVENT | more)).properties) == expected


def test_names_of_other_senders_are_known():
    event = {"groupId": "c1", "event": "signed_in", "userId": "u1", "messageId": "m1", "timestamp": WHEN}

    assert kept(only(PATH, event)) == kept(only(PATH, EVENT))


@pytest.mark.parametrize("timestamp", [None, ""])
def test_an_event_without_a_time_is_of_now(timestamp):
    assert only(PATH, EVENT | {"timestamp": timestamp}).raw.timestamp == NOW


def test_a_contact_binds_its_names():
    item = only(PATH, EVENT | {"event": "contact_updated", "contact_id": "u2", "email": "Ada@x.org"})

    assert item.binds == (("user", "u2"), ("email", "ada@x.org"))
    assert only(PATH, EVENT | {"contact_id": "u2", "email": "Ada@x.org"}).binds == ()


BAD = {
    "a number": (b"5", Reason.BAD_ROW),
    "nothing": (b"{}", Reason.MISSING_EVENT),
    "an empty customer": (dumped(EVENT | {"customer_id": ""}), Reason.MISSING_CUSTOMER),
    "an id that is a list": (dumped(EVENT | {"customer_id": [1]}), Reason.BAD_CUSTOMER),
    "properties that are none": (dumped(EVENT | {"properties": [1]}), Reason.BAD_PROPERTIES),
    "no JSON": (b'{"event":signed_in}', Reason.BAD_ROW),
    "no number": (dumped(EVENT | {"n": float("nan")}), Reason.BAD_ROW),
    "no UTF-8": (b'{"event":"\xff"}', Reason.BAD_ENCODING),
}


@pytest.mark.parametrize(("event", "reason"), BAD.values(), ids=BAD)
def test_one_bad_event_leaves_the_others(event, reason):
    good = dumped(EVENT), dumped(OTHER)
    forms = (
        b"[%s,%s,%s]" % (good[0], event, good[1]),
        b'{"events":[%s,%s,%s]}' % (good[0], event, good[1]),
        b"\n".join([good[0], event, good[1]]),
    )
    for body in forms:
        assert [outcome(item) for item in read(PATH, body).items] == ["m1", reason, "m2"]


@pytest.mark.parametrize("body", [b"", b"5", b"null", b"[1,", b'{"id"', b"a\nb", b'{"events":5}x', b'"x"\n"y"'])
def test_a_body_that_is_no_event_is_refused(body):
    with pytest.raises(BodyRefusedError):
        read(PATH, body)


def test_a_broken_event_is_kept():
    [item] = read(PATH, b'{"event": signed_in,\n "customer_id": "c1"}').items

    assert (outcome(item), "signed_in" in item.text) == (Reason.BAD_ROW, True)
