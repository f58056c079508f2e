"""What the operator's monitoring reads: counters and gauges in the text format of Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Telemetry:
    """All figures of one process. Labels name sources and routes, never customers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"keepwell_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"keepwell_{name}", text, registry=self.registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(f"keepwell_{name}_seconds", text, buckets=SECONDS, registry=self.registry)

        self.events = counter("events", "Events by source and what became of them.", "source", "outcome")
        self.evaluated = counter("evaluations", "Customers evaluated.")
        self.failures = counter("evaluation_failures", "Customers whose evaluation failed.")
        self.requests = counter("http_requests", "Requests by route and status.", "route", "status")
        self.queue = gauge("queue_events", "Events that wait to be written.")
        self.unfolded = gauge("unfolded_events", "Written events that the rollups do not know yet.")
        self.waiting = gauge("waiting_customers", "Customers that wait for a new score.")
        self.coverage = gauge("watch_coverage_ratio", "Share of customers evaluated within the limit of their band.")
        self.late = gauge("late_customers", "Customers not evaluated within the limit of their band.")
        self.quarantined = gauge("quarantined_customers", "Customers left out because evaluating them fails.")
        self.watchers = gauge("open_streams", "Browsers that watch live.")
        self.read_only = gauge("read_only", "1 while nothing can be written because the disk is full.")
        self.overdue = gauge("overdue_runs", "Runs of playbooks that should have gone on ten minutes ago or earlier.")
        self.letters = counter("letters", "Messages by channel and what became of them.", "channel", "outcome")
        self.letters_waiting = gauge("waiting_letters", "Messages that wait to be sent, or are being sent.")
        self.letter_delay = histogram("letter_delay", "Time from when a message was due to when its sending began.")
        self.commit = histogram("commit", "Time of an ingest transaction.")
        self.latency = histogram("event_to_score", "Time from receiving an event to the new score.")

    def text(self) -> bytes:
        """Everything in the exposition format."""
        return generate_latest(self.registry)
