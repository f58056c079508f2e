"""Reading mail: samples of what programs send, and anything else."""

from __future__ import annotations

import tomllib
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import parse_instant
from keepwell.sources.mail.read import LARGEST, Kind, Mail, read
from keepwell.sources.mail.text import MOST

FOLDER = Path(__file__).with_name("samples")
SAMPLES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
NAME = "0123456789abcdef" * 2


def test_every_sample_says_what_it_is():
    assert SAMPLES
    assert set(SAMPLES) == set(EXPECTED)
    assert {each["kind"] for each in EXPECTED.values()} == set(Kind)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_it_says(name):
    wanted = EXPECTED[name]
    at = wanted.get("at", "2024-09-02T10:00:00Z")
    found = read(SAMPLES[name])

    assert found == Mail(
        id=found.id, at=parse_instant(at) if at else None, kind=Kind(wanted["kind"]), sender=wanted.get("sender", ""),
        answers=tuple(wanted.get("answers", ())), text=wanted.get("text", ""), permanent=wanted.get("permanent", False),
    )  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_line_ends_change_nothing(name):
    plain = SAMPLES[name].replace(b"\r\n", b"\n")
    assert read(plain.replace(b"\n", b"\r\n")) == read(plain)


def test_samples_have_ids_of_their_own():
    assert len({read(raw).id for raw in SAMPLES.values()}) == len(SAMPLES)


def test_a_mail_keeps_its_id_whatever_is_put_before_it():
    raw = SAMPLES["gmail_reply"]
    assert read(b"Received: by another.example; Tue, 3 Sep 2024 10:00:00 +0000\r\n" + raw).id == read(raw).id


def checked(raw: bytes) -> Mail | None:
    """What is read of anything: bounded, and clean enough for every database."""
    found = read(raw)
    if found is not None:
        assert len(found.text) <= MOST
        assert "\x00" not in found.text
        found.text.encode()
        assert len(found.id) == 32
        assert all(len(each) == 32 and each.isalnum() for each in found.answers)
        assert len(found.answers) <= 50
        assert found.sender.isascii()
        assert found.at is None or found.at > 0
    return found


@given(st.binary(max_size=2000))
def test_anything_is_read_or_refused(raw):
    checked(raw)


_HEADERS = st.sampled_from(
    ("From", "Date", "Message-ID", "In-Reply-To", "References", "Subject", "Content-Type", "Auto-Submitted",
     "Content-Transfer-Encoding", "Return-Path", "Precedence", "Content-Disposition"),
)  # fmt: skip
_VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ("multipart/mixed; boundary=b", "multipart/report; boundary=b", "message/rfc822", "message/delivery-status",
         "text/html; charset=utf-7", "text/plain; charset=idna", "base64", "uuencode", "<" * 50, f"<{NAME}@x>",
         "=?utf-8?b?////?=", "=?idna?q?x?=", "Mon, 99 Foo 99999 99:99:99 +9999", "a@b, c@d", '"\\',
         "text/plain; x*=''"),
    ),
)  # fmt: skip


@given(st.lists(st.tuples(_HEADERS, _VALUES), max_size=12), st.text(max_size=300), st.booleans())
def test_odd_headers_over_odd_bodies_are_read(headers, body, parts):
    head = "".join(f"{name}: {' '.join(value.splitlines())}\r\n" for name, value in headers)
    inner = f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{body}\r\n--b--" if parts else body
    checked(f"{head}\r\n{inner}".encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
def test_a_sample_with_anything_in_any_place_is_read(name, data):
    raw = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    checked(bytes(raw))


def test_mails_within_mails_within_mails_are_read():
    """The library goes one call deeper for each."""
    nested = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" * 3000 + b"hello"
    checked(nested)
    parts = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number) for number in range(2000)
    )
    checked(b"From: a@b.example\r\n" + parts + b"\r\nhello")


def test_a_huge_mail_is_read_at_its_beginning():
    mail = EmailMessage()
    mail["From"], mail["Message-ID"], mail["In-Reply-To"] = (
        "ada@example.org",
        "<huge@example.org>",
        f"<{NAME}@k.example>",
    )
    mail.set_content("Yes please.")
    mail.add_attachment(b"x" * 3 * LARGEST, maintype="application", subtype="pdf", filename="big.pdf")
    raw = mail.as_bytes()
    assert len(raw) > 3 * LARGEST
    assert checked(raw) == checked(raw[:LARGEST])
    assert checked(raw).text == "Yes please."


def test_many_parts_many_ids_and_long_lines_take_no_time():
    ids = " ".join(f"<{number:032x}@k.example>" for number in range(3000))
    assert len(checked(f"From: a@b.example\r\nReferences: {ids}\r\n\r\nhi".encode()).answers) == 50
    many = b"".join(b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n" for _ in range(3000))
    checked(b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + many)
    for piece in ("on ", "on a wrote ", "> ", "<blockquote>", "<div class=gmail_quote>", "-----", "from: x\r\n", "&"):
        for kind in ("plain", "html"):
            checked(f"From: a@b.example\r\nContent-Type: text/{kind}\r\n\r\n{piece * 20_000}".encode())


def test_of_several_senders_none_is_believed():
    assert read(b"From: a@b.example, c@d.example\r\n\r\nhi").sender == ""
    assert read(b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nhi").sender == ""


def test_an_attached_mail_is_not_what_is_answered():
    """Who forwards a letter of ours to us answers nothing; only reports say what they are about."""
    forwarded = EmailMessage()
    forwarded["From"], forwarded["Message-ID"] = "eve@example.org", "<fwd@example.org>"
    forwarded.set_content("Look at this")
    inner = EmailMessage()
    inner["Message-ID"] = f"<{NAME}@k.example>"
    inner.set_content("Dear Ada")
    forwarded.add_attachment(inner)
    assert read(forwarded.as_bytes()).answers == ()
