"""Answers to forms of Typeform.

https://www.typeform.com/developers/webhooks/example-payload/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwell.events.catalog import SURVEYS
from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, at, items, present, table, word
from keepwell.sources.sent import Batch, Sent


def parse(delivery: Delivery) -> Batch:
    """The events of one response.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch([payload.decode(delivery.body)], _read)


def _read(event: Item) -> Sequence[Sent]:
    response = table(event, "form_response")
    if event.get("event_type") != "form_response" or not response:
        return ()
    hidden = table(response, "hidden")
    answers = [answer for answer in items(response, "answers") if isinstance(answer, dict)]
    written = next((answer.get("email") for answer in answers if answer.get("type") == "email"), None)
    who = payload.whose(
        hidden.get("customer_id"), ("email", hidden.get("email") or written), user_id=hidden.get("user_id")
    )
    form = word(response.get("form_id"))
    facts = list(_facts(answers, form)) or [("typeform.form_response", present(form=form))]
    return payload.sent(who, response.get("submitted_at"), word(event.get("event_id")), *facts)


def _facts(answers: Sequence[Item], form: str | None) -> Iterator[Fact]:
    """Each answer on a scale we know, with what was written about it; words alone are feedback."""
    scales = [(kind, answer) for answer in answers if (kind := _kind(answer)) and "number" in answer]
    texts = [answer for answer in answers if answer.get("type") == "text" and isinstance(answer.get("text"), str)]
    for kind, answer in scales:
        own = [text for text in texts if _ref(text) == f"{kind}_text"]
        about = own or (texts if len(scales) == 1 else [])
        yield "survey_answered", present(kind=kind, score=answer["number"], text=_joined(about), form=form)
    if texts and not scales:
        yield "feedback_given", present(text=_joined(texts), form=form)


def _kind(answer: Item) -> str | None:
    """By the reference given to the question, else by its type: only a question of type NPS says what it is."""
    ref, field = _ref(answer), word(at(answer, "field", "type"))
    return next((kind for kind in SURVEYS if kind == ref or (kind == "nps" and field == "nps")), None)


def _ref(answer: Item) -> str:
    return (word(at(answer, "field", "ref")) or "").lower()


def _joined(texts: Sequence[Item]) -> str:
    return "\n".join(str(text["text"])[:4000] for text in texts)[:8000]
