"""All routes of the API."""

from __future__ import annotations

from fastapi import FastAPI

import keepwell
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api import (
    alerts,
    consultations,
    customers,
    diagnoses,
    document,
    events,
    explanations,
    findings,
    history,
    indicators,
    keys,
    knowledge,
    messages,
    outlook,
    overrides,
    playbooks,
    rejects,
    runs,
    scores,
    tasks,
)
from keepwell.web.api.register import Register
from keepwell.web.site import Site

NOUNS = (
    *(customers, scores, history, explanations, diagnoses, consultations, findings, indicators, outlook, knowledge),
    *(events, overrides, alerts, runs, tasks, messages, playbooks, keys, rejects),
)


def add_routes(app: FastAPI, desk: Desk, site: Site) -> Register:
    """Add the API and its document to an application."""
    api = Register(app)
    for noun in NOUNS:
        noun.add_routes(api, desk)
    document.add_routes(api, site, keepwell.__version__)
    return api
