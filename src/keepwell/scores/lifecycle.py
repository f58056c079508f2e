"""Where a customer stands in its life with the platform."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.view import View
from keepwell.scores.caps import rhythm

ONBOARDING_DAYS = 30
CHURN_DAYS = 90
CHURN_GAPS = 5


class Lifecycle(StrEnum):
    """The stages. A score is provisional during onboarding; churned customers are counted apart."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    PAUSED = "paused"
    CHURNED = "churned"
    RETURNED = "returned"


STAGES: tuple[Lifecycle, ...] = tuple(Lifecycle)


def stages(view: View) -> NDArray[np.int8]:
    """Place in STAGES, per row.

    Churned: the subscription has ended; without a contract, no own activity for max(90 days, 5 x the
    own mean gap), and never later than the 120 days the rhythm is known for.
    """
    own = rhythm(view)
    gaps = np.maximum(own.active - 1, 1)
    first = np.where(view.table.days["first_own"] > 0, view.table.days["first_own"], np.iinfo(np.int64).max).min(axis=1)
    mean_gap = np.where(own.active > 1, (own.last - np.minimum(first, own.last)) / gaps, float(CHURN_DAYS))
    patience = np.minimum(np.maximum(float(CHURN_DAYS), CHURN_GAPS * mean_gap), float(DAY_WINDOW))
    ended = (view.scope("cancelled") > 0) & (view.scope("ends_day") <= view.scope("d"))
    quiet = (view.scope("own_ever") > 0) & (view.scope("contract") == 0) & (own.gap >= patience)
    quiet &= view.scope("paused_until") < view.scope("d")  # an expected absence is no churn
    back = (view.now("own_days") > 0) & (view.prior("own_days") == 0) & (view.tenure >= CHURN_DAYS)
    stage = np.full(len(view), STAGES.index(Lifecycle.ACTIVE), np.int8)
    stage[back] = STAGES.index(Lifecycle.RETURNED)
    stage[view.tenure < ONBOARDING_DAYS] = STAGES.index(Lifecycle.ONBOARDING)
    stage[view.scope("paused_until") >= view.scope("d")] = STAGES.index(Lifecycle.PAUSED)
    stage[ended | quiet] = STAGES.index(Lifecycle.CHURNED)
    return stage
