"""The messages that ship, an installation's own, and what is refused with file and line."""

import pytest

from keepwell.config.messages import DEFAULTS, FRAME, Messages, load_messages, shipped_messages
from keepwell.config.refusal import FileRefusedError
from keepwell.outreach.catalog import CATALOG
from keepwell.outreach.fact import FRESH_US
from keepwell.outreach.render import FORMS
from keepwell.outreach.template import Frame, Medium, Paragraph, Tone, places

SHIPPED = shipped_messages()
SOUND = """title = "Hello"
tone = "support"
medium = "mail"

[subject]
en = "Hello"
de = "Hallo"

[closing]
en = "Bye,"
de = "Tschüss"

[[paragraphs]]
en = "You took up {features_adopted}."
de = "Sie nutzen neu: {features_adopted}."

[[paragraphs]]
part = "usage_patterns"
optional = true
when = ["satisfaction_drop"]
unless = ["leaving"]
en = "In short:"
de = "Kurz:"

[[paragraphs.items]]
en = "You used {plan_use} of it."
de = "Sie nutzten {plan_use} davon."
"""


def load(tmp_path, text=SOUND, name="hello"):
    (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_messages(tmp_path)


def test_every_message_that_a_playbook_names_ships():
    assert SHIPPED.templates.keys() == {
        "jennifer_at_risk_concern", "jennifer_value_reinforcement", "jennifer_critical_intervention",
        "billing_recovery", "adoption_support", "success_check_in", "celebration", "milestone", "expansion",
        "roi_report",
    }  # fmt: skip
    assert SHIPPED.templates["jennifer_at_risk_concern"].parts == {"specific_concerns", "usage_patterns"}
    assert SHIPPED.templates["jennifer_value_reinforcement"].parts == {"roi_metrics", "success_examples"}
    assert {each.tone for each in SHIPPED.templates.values()} == set(Tone)
    assert [each.name for each in SHIPPED.templates.values() if each.medium is Medium.CALL] == [
        "jennifer_critical_intervention"
    ]
    assert SHIPPED.templates["jennifer_at_risk_concern"].languages == ("en", "de")


def test_no_shipped_letter_asks_for_a_wallet_or_carries_a_link():
    for each in SHIPPED.templates.values():
        words = " ".join(text for texts in each.texts() for text in texts.values()).lower()
        assert "wallet" not in words
        assert "http" not in words


def test_without_a_folder_it_is_what_ships(tmp_path):
    assert load_messages(None) is SHIPPED
    assert load_messages(tmp_path / "messages") is SHIPPED


def test_an_own_message_stands_beside_the_shipped_ones(tmp_path):
    found = load(tmp_path).templates
    hello = found["hello"]

    assert found.keys() == {*SHIPPED.templates, "hello"}
    assert hello.languages == ("en", "de")
    assert hello.paragraphs[1].when == ("satisfaction_drop",)
    assert hello.paragraphs[1].unless == ("leaving",)
    assert places(hello.paragraphs[1].items[0]["de"]) == [("plan_use", "")]


def test_an_own_file_replaces_the_shipped_one_of_its_name(tmp_path):
    found = load(tmp_path, name="billing_recovery")

    assert found.templates["billing_recovery"].title == "Hello"
    assert SHIPPED.templates["billing_recovery"].title == "Payment failed"


def test_an_own_frame(tmp_path):
    shipped = (DEFAULTS / f"{FRAME}.toml").read_text(encoding="utf-8")
    found = load(tmp_path, shipped.replace("Hi {recipient_name},", "Dear {recipient_name},"), FRAME)

    assert isinstance(found, Messages)
    assert found.frame.greeting["en"] == "Dear {recipient_name},"


def test_lines_of_a_text_are_one_text(tmp_path):
    found = load(tmp_path, SOUND.replace('"Hallo"', '"""\nHallo\n  Welt"""'))

    assert found.templates["hello"].subject["de"] == "Hallo Welt"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ('"Hello"\nde', '"7 news"\nde', 6, "a figure stands in the text itself: `7`"),
        ('"Hello"\nde', '"Seven news"\nde', 6, "a figure stands in the text itself: `Seven`"),
        ('"Hallo"', '"Am Dienstag"', 7, "a date stands"),
        ("You took", "It costs $, you took", 14, "a unit stands"),
        ("You took", "See evil.example, you took", 14, "an address stands"),
        ("You took", "<b>You took", 14, "markup, or a place that is none, stands"),
        ('{features_adopted}."\nde', '{Features}."\nde', 14, "markup, or a place that is none, stands"),
        ("You took", "Yоu took", 14, "a letter that our languages do not have"),  # noqa: RUF001 - that is the point
        ("You took", "Connect your wallet, you took", 14, "what only a thief asks for"),
        ('{features_adopted}."\nde', '{weather}."\nde', 14, "there is no fact `weather`"),
        ('{features_adopted}."\nde', '{satisfaction_drop}."\nde', 14, "`satisfaction_drop` may not be said"),
        ('{features_adopted}."\nde', '{churn_risk}."\nde', 14, "`churn_risk` may not be said"),
        ("up {features_adopted}", "up {features_adopted:whole}", 14, "as `whole`; there is `bare`, `down`, `up`"),
        ("of it.", "of it, {plan_use}x.", 26, "`{plan_use}` touches what stands beside it"),
        ("{plan_use} davon", "alles davon", 27, "`en` and `de` do not say the same facts"),
        ("{plan_use} davon", "{plan_use} davon, {plan_use}", 27, "do not say the same facts"),
        ('de = "Kurz:"\n', "", 17, "the text in `de` is missing"),
        ('de = "Tschüss"\n', "", 9, "the text in `de` is missing"),
        ('de = "Hallo"\n', "", 14, "the text in `de` is there, but not everywhere"),
        ('en = "Bye,"', 'fr = "Salut"', 10, "`fr` is not one of en, de"),
        ('en = "Bye,"', "en = 5", 10, "`en` must be a text"),
        ('en = "Bye,"', 'en = " "', 10, "`en` must be a text"),
        ('"satisfaction_drop"', '"weather"', 20, "there is no fact `weather`"),
        ('"leaving"', '"churn_risk"', 21, "`churn_risk` is held: no message may depend on it"),
        ('["leaving"]', '"leaving"', 21, "`unless` must be a list of facts"),
        ("optional = true", 'optional = "yes"', 19, "`optional` must be true or false"),
        ("optional = true", "option = true", 19, "`option` is not one of"),
        ('tone = "support"', 'tone = "angry"', 2, "`angry` is not one of celebrating, concern, support"),
        ('title = "Hello"\n', "", None, "`title` must be a text"),
        ('medium = "mail"', 'media = "mail"', 3, "`media` is not one of"),
        ("[closing]", "[ending]", 9, "`ending` is not one of"),
        ('[subject]\nen = "Hello"\nde = "Hallo"', 'subject = "Hello"', None, "`subject` must be a table"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path, old, new, line, problem):
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    if old.startswith("[subject]"):
        text = new + "\n" + SOUND.replace(old, "")
        line = 1
    with pytest.raises(FileRefusedError) as caught:
        load(tmp_path, text)

    assert problem in caught.value.problem
    assert caught.value.line == line
    assert caught.value.path == tmp_path / "hello.toml"
    assert "The messages in use were not changed" in str(caught.value)


def test_a_message_says_something_whatever_is_known(tmp_path):
    text = SOUND.replace("[[paragraphs]]\nen", "[[paragraphs]]\noptional = true\nen")
    with pytest.raises(FileRefusedError, match="a paragraph that is not optional"):
        load(tmp_path, text)


def test_a_script_for_colleagues_never_becomes_a_letter(tmp_path):
    with pytest.raises(FileRefusedError, match="`jennifer_critical_intervention` is a call, and stays one"):
        load(tmp_path, name="jennifer_critical_intervention")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"Hello,"\nde = "Guten Tag,"', '"{score_now},"\nde = "{score_now},"', "it is not known of everybody"),
        ('de = "Guten Tag,"', "", "the text in `de` is missing"),
        ("We never ask for access to a wallet", "Please connect your wallet", "what only a thief asks for"),
        ("[unnamed]", "[nameless]", "`nameless` is not one of"),
    ],
)
def test_a_frame_is_checked_as_well(tmp_path, old, new, problem):
    shipped = (DEFAULTS / f"{FRAME}.toml").read_text(encoding="utf-8")
    with pytest.raises(FileRefusedError, match=problem):
        load(tmp_path, shipped.replace(old, new), FRAME)


def test_what_is_no_toml_is_refused(tmp_path):
    with pytest.raises(FileRefusedError, match="not valid TOML"):
        load(tmp_path, SOUND + "[[")


def test_inline_items_are_items(tmp_path):
    start = SOUND.index("[[paragraphs.items]]")
    text = SOUND[:start] + 'items = [{ en = "It is {plan_use}.", de = "Es sind {plan_use}." }]\n'
    found = load(tmp_path, text).templates["hello"]

    assert [dict(each) for each in found.paragraphs[1].items] == [
        {"en": "It is {plan_use}.", "de": "Es sind {plan_use}."}
    ]
    with pytest.raises(FileRefusedError) as caught:
        load(tmp_path, text.replace("Es sind", "Es sind 7"))
    assert caught.value.line == text[: text.index("items =")].count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        "paragraphs = 5\n" + SOUND.partition("[[")[0],
        SOUND.replace("optional = true", "items = 5").partition("[[paragraphs.items")[0],
    ],
)
def test_lists_of_tables_are_lists_of_tables(tmp_path, text):
    with pytest.raises(FileRefusedError, match="must be a list of tables"):
        load(tmp_path, text)


def test_a_fact_keeps_for_the_days_between_a_draft_and_its_sending():
    assert FRESH_US == 2 * 86_400_000_000


def test_the_page_names_every_fact_key_and_form():
    page = (DEFAULTS.parents[4] / "docs" / "outreach.md").read_text(encoding="utf-8")
    forms = {form for some in FORMS.values() for form in some if form}
    keys = {"title", "tone", "medium", "subject", "closing", *Paragraph.__struct_fields__} - {"text", "items"}

    for name, each in CATALOG.items():
        assert f"| `{name}` | {each.kind.value}" in page
        assert each.meaning in page
    assert [each for each in (*forms, *keys, *Frame.__struct_fields__) if f"`{each}`" not in page] == []
