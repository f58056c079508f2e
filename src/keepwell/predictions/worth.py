"""Whether probabilities are worth saying: what a model must have shown on rows it was not fitted to."""

from __future__ import annotations

from typing import Final

import numpy as np

from keepwell.predictions import accuracy
from keepwell.predictions.accuracy import Judged

LEAST: Final = 10
"""Rows of either kind without which nothing can be said of a model."""
RANKS: Final = 0.55
"""The lower end of the interval of the AUROC must lie above it."""
HELD: Final = (0.7, 1.4)
"""Observed over expected outside of this is no calibration. Both bounds are judgements."""


def refusal(rows: Judged) -> str:
    """Why a model that said this of later rows is not to be shown, as a sentence; nothing when it may be."""
    happened = int(rows.happened.sum())
    if min(happened, len(rows) - happened) < LEAST:
        return f"Only {happened} of {len(rows)} later cases can test the model; it takes {LEAST} of either kind."
    skill = accuracy.figure(accuracy.brier_skill, rows)
    if not skill > 0:
        return f"On later cases the model was no better than the base rate (Brier skill {skill:.3f})."
    ratio = accuracy.figure(accuracy.observed_over_expected, rows)
    if not HELD[0] <= ratio <= HELD[1]:
        return f"On later cases {ratio:.2f} happened for each that was expected; the model is not calibrated."
    low, _ = accuracy.interval(accuracy.auroc, rows)
    if np.isnan(low) or low <= RANKS:
        return f"On later cases the model hardly told who from who (AUROC at least {low:.2f})."
    return ""
