"""The measures, by name. Importing a module of them registers what it defines."""

from keepwell.metrics.measures import account, engagement, usage
from keepwell.metrics.measures.registry import MEASURES, Measure, Value

__all__ = ["MEASURES", "Measure", "Value", "account", "engagement", "usage"]
