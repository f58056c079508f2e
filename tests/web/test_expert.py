"""The Expert's pages: what was found, how sure it is, and what is not known."""

import pytest
from markupsafe import escape

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.expert.consultation import NOTHING_SENT
from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.finding import Finding
from keepwell.expert.scope import Whose
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.web.views import diagnosis, links
from tests.web.fake_expert import QUIET
from tests.web.fakes import NASTY_LABEL
from tests.web.people import NASTY


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_a_finding_says_how_sure_it_is_and_what_it_rests_on(client, panel):
    found = client.get(links.expert("c001", panel=panel)).text

    assert "established" in found
    assert "40 telemetry events of 29 days, compared with 12 other customers." in found
    assert NASTY_LABEL not in found
    if not panel:
        assert str(escape(NASTY_LABEL)) in found
        for title in ("Evidence", "Possible causes", "What to do", "Sources"):
            assert title in found


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_without_telemetry_nothing_is_claimed(client, panel):
    found = client.get(links.expert(QUIET, panel=panel)).text

    assert NOTHING_SENT in found
    assert diagnosis.NOTHING not in found
    assert "Evidence" not in found


@pytest.mark.parametrize("customer", ["nobody", "\x00", "x" * 201])
def test_nobody_has_no_diagnosis(client, customer):
    for panel in (False, True):
        assert client.get(links.expert(customer, panel=panel)).status_code in (400, 404)


def test_any_id_leads_to_its_diagnosis_and_back(client):
    for each in NASTY:
        found = client.get(links.expert(each))
        assert found.status_code == 200
        assert str(escape(links.customer(each))) in found.text


def test_the_page_of_a_customer_fetches_the_panel(client):
    found = client.get(links.customer("c001")).text

    assert f'hx-get="{escape(links.expert("c001", panel=True))}"' in found
    assert f'href="{escape(links.expert("c001"))}"' in found


def test_what_is_not_for_the_customer_is_marked():
    knowledge = shipped_knowledge(shipped_names())
    secret = next(entry for entry in knowledge.entries.values() if entry.confidential)
    told = next(
        entry for entry in knowledge.entries.values() if not entry.confidential and entry.certainty == "entailed"
    )
    findings = tuple(
        Finding(
            entry.id, entry.title, entry.domain, entry.severity, entry.certainty, Whose.CUSTOMER, entry.diagnosis,
            (), (), (), (), confidential=entry.confidential,
        )
        for entry in (secret, told)
    )  # fmt: skip
    rows = diagnosis.view(Diagnosed("c", Diagnosis(0, findings, (), (), (), (), ()), knowledge, 1, 0), "C").findings

    assert [each.certainty.endswith("not for the customer") for each in rows] == [True, False]
