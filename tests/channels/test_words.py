"""Alerts in words: everything that is known is said, and nothing that is said can be markup."""

import re
from html.parser import HTMLParser

import pytest
from slack_sdk.models.blocks import ActionsBlock, Block

from keepwell.channels.letter import Audience, Letter
from keepwell.channels.words import (
    SHOWN,
    Digest,
    Notice,
    digest_mail,
    grouped,
    moment,
    notice_mail,
    personal,
    slack_blocks,
    webhook_body,
)

DUE = 1_795_429_800_000_000
HOSTILE = '<script>alert(1)</script> & "quotes" {{ 7 * 7 }} <!here> <mj-raw> \']]>'


def notice(**how):
    given = {
        "alert": "a-17", "customer": "drift", "name": "Drift Labs", "kind": "at_risk_alert", "severity": "critical",
        "title": "No login for 72 hours", "because": "Last login 75 hours ago", "ends": "with the next login",
        "evidence": (("Hours since login", "75"),), "threshold": "72 hours", "due_at": DUE, "owner": "Jennifer",
        "link": "https://keepwell.example.org/alerts/a-17",
    }  # fmt: skip
    return Notice(**{**given, **how})


class _Reader(HTMLParser):
    """The visible text of a page, its elements and its addresses."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags, self.addresses, self._hidden = "", [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src", "background")]
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag):
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data):
        self.text += "" if self._hidden else data + " "


def test_a_mail_says_all_that_is_known_in_both_forms():
    mail = notice_mail(notice())
    said = ("No login for 72 hours", "Drift Labs", "drift", "Last login 75 hours ago", "Hours since login", "75",
            "72 hours", "with the next login", "Jennifer", "23 Nov 2026, 10:30 UTC")  # fmt: skip

    assert mail.subject == "Critical: Drift Labs: No login for 72 hours"
    for each in said:
        assert each in mail.text
        assert each in _Reader(mail.html).text
    assert notice().link in mail.text
    assert notice().link in _Reader(mail.html).addresses


def test_a_mail_says_nothing_about_what_is_not_known():
    mail = notice_mail(notice(evidence=(), threshold="", ends="", due_at=None, owner=None, link=None))

    assert not re.search(r"None|Threshold|Ends|Owner|React|Open", mail.text + _Reader(mail.html).text)


@pytest.mark.parametrize("field", ["customer", "name", "title", "because", "ends", "threshold", "owner"])
def test_hostile_text_stays_text_in_mail(field):
    hostile = notice(**{field: HOSTILE})
    plain = set(_Reader(notice_mail(notice()).html).tags)
    for mail in (
        notice_mail(hostile),
        digest_mail(Digest(date="today", notices=[hostile], counts={"critical": 1})),
    ):
        read = _Reader(mail.html)
        assert "script" not in read.tags
        assert set(read.tags) <= plain | {"br"}
    assert HOSTILE in re.sub(r"\s+", " ", _Reader(notice_mail(hostile).html).text)


@pytest.mark.parametrize(
    ("measure", "said"), [("1 tickets", "1 ticket"), ("2 tickets", "2 tickets"), ("1 %", "1 %"), ("1 of 1", "1 of 1")]
)
def test_one_is_singular(measure, said):
    told = notice(threshold=measure)

    assert f"Threshold: {said}\n" in notice_mail(told).text
    assert webhook_body(told, "alert.opened", DUE)["data"]["threshold"] == said
    assert f"*Threshold*\n{said}" in {field["text"] for field in slack_blocks(told)[2]["fields"]}


def test_a_mail_says_its_language():
    for mail in (notice_mail(notice()), digest_mail(Digest(date="today", notices=[], counts={}))):
        assert '<html lang="en"' in mail.html


def test_an_address_cannot_leave_its_attribute():
    read = _Reader(notice_mail(notice(link='https://x.example/"><script>')).html)

    assert "script" not in read.tags
    assert 'https://x.example/"><script>' in read.addresses


def test_mail_fetches_nothing_from_anywhere():
    for mail in (notice_mail(notice(link=None)), digest_mail(Digest(date="today", notices=[], counts={}))):
        assert _Reader(mail.html).addresses == []
        assert "@import" not in mail.html


def test_a_digest_lists_the_worst_first_and_counts_what_it_leaves_out():
    notices = [notice(severity="low", name="Zeta"), notice(severity="critical", name="Ada")]
    digest = Digest(
        date="23 Nov", notices=notices, counts={"low": 4, "critical": 1, "high": 2}, link="https://k.example"
    )
    mail = digest_mail(digest)
    read = _Reader(mail.html).text

    assert mail.subject == "Alerts of 23 Nov: 1 critical, 2 high, 4 low"
    for text in (mail.text, read):
        assert text.index("CRITICAL") < text.index("Ada") < text.index("HIGH") < text.index("LOW") < text.index("Zeta")
        assert "and 3 more" in text
        assert "and 2 more" in text
    assert "NORMAL" not in mail.text
    assert "https://k.example" in mail.text


def test_a_digest_of_very_many_stays_readable():
    mail = digest_mail(Digest(date="23 Nov", notices=[notice()] * 300, counts={"critical": 300}))

    assert mail.text.count("Drift Labs") == SHOWN
    assert "and 250 more" in mail.text
    assert len(mail.html) < 100_000  # what Gmail shows without cutting it off


def test_slack_takes_the_blocks_and_the_buttons_carry_the_alert():
    blocks = slack_blocks(notice())
    parsed = Block.parse_all(blocks)
    for block in parsed:
        block.validate_json()
    actions = parsed[-1]

    assert isinstance(actions, ActionsBlock)
    buttons = [each.to_dict() for each in actions.elements]
    assert [(each["action_id"], each.get("value")) for each in buttons] == [
        ("acknowledge", "a-17"), ("snooze", "a-17"), ("open", None),
    ]  # fmt: skip
    assert [each["text"]["text"] for each in buttons] == ["Acknowledge", "Snooze", "Open"]
    assert buttons[2]["url"] == notice().link


def test_slack_takes_hostile_and_long_text_as_text():
    long = notice(
        name=HOSTILE, title="t" * 500, because="b" * 9000, evidence=tuple((f"l{i}", "v" * 9000) for i in range(30))
    )
    blocks = slack_blocks(long)
    for block in Block.parse_all(blocks):
        block.validate_json()

    assert len(blocks[0]["text"]["text"]) == 150
    assert "<" not in blocks[1]["text"]["text"]
    assert len(blocks[1]["text"]["text"]) == 3000
    assert len(blocks[2]["fields"]) == 10


def test_a_webhook_has_everything_as_data():
    body = webhook_body(notice(), "alert.opened", DUE)

    assert (body["type"], body["timestamp"]) == ("alert.opened", "2026-11-23T10:30:00Z")
    assert body["data"]["evidence"] == [{"label": "Hours since login", "value": "75"}]
    assert body["data"]["customer"] == {"id": "drift", "name": "Drift Labs"}
    assert body["data"]["due_at"] == "2026-11-23T10:30:00Z"
    assert set(body["data"]) >= {"alert", "because", "threshold", "ends", "owner", "link"}


def test_a_group_says_what_is_in_it():
    letters = [
        Letter(key=str(i), audience=Audience.STAFF, channel="email", recipient="a@b.example", subject=f"<b> {i}",
               text="one\ntwo", because="why")
        for i in range(SHOWN + 2)
    ]  # fmt: skip
    mail = grouped(letters)

    assert mail.subject == f"{SHOWN + 2} messages"
    assert "- <b> 0\n  one\n  two" in mail.text
    assert "and 2 more" in mail.text
    assert "<b> 0" in _Reader(mail.html).text


def test_a_moment_in_words():
    assert moment(DUE) == "23 Nov 2026, 10:30 UTC"


def test_a_personal_letter_is_the_same_in_both_parts_and_nothing_in_it_is_markup():
    parts = ["Hello Ada,", "Three things:\n• <b>one</b>\n• two & three", "Best,\nJennifer"]
    mail = personal("A <i>word</i>", parts, ["Your phrase: blue & green"], "https://k.example/m/t")

    assert mail.text.startswith("Hello Ada,\n\nThree things:\n• <b>one</b>\n• two & three\n\nBest,\nJennifer\n\n-- \n")
    assert mail.text.rstrip().endswith("https://k.example/m/t")
    read = _Reader(mail.html)
    for said in ("Hello Ada,", "<b>one</b>", "two & three", "Your phrase: blue & green"):
        assert said in read.text
    assert read.addresses == ["https://k.example/m/t"]
    assert "•" not in read.text


def test_lines_of_a_paragraph_stay_lines_and_are_no_markup():
    html = personal("A word", ["Best,\nJennifer <b>\nCSM", "Two:\nof these\n• one"], [], "").html

    assert "Best,<br />Jennifer &lt;b&gt;<br />CSM</div>" in html
    assert "Two:<br />of these<ul" in html
    assert html.count("<br") == 3


def test_without_a_page_no_link_is_in_a_personal_letter():
    mail = personal("A word", ["Hello"], [], "")

    assert mail.text == "Hello\n"
    assert _Reader(mail.html).addresses == []
