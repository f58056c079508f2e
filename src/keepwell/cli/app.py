"""All commands, and how an anticipated error reaches the person at the terminal."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from keepwell.base.errors import KeepwellError
from keepwell.cli import (
    alerts,
    backtest,
    consult,
    customers,
    demo,
    diagnose,
    doctor,
    events,
    explain,
    findings,
    imports,
    indicators,
    keys,
    knowledge,
    messages,
    override,
    people,
    playbook,
    predict,
    predict_churn,
    predict_next,
    predict_report,
    rejects,
    runs,
    score,
    scorecard,
    serve,
    simulate,
    tasks,
)
from keepwell.cli.options import say

app = typer.Typer(
    name="keepwell",
    help="Customer-health monitoring for crypto platforms. Self-hosted; a fresh install sends nothing to anyone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.add_typer(imports.app, name="import")
app.command("simulate")(simulate.simulate)
app.command("customers")(customers.customers)
app.command("score")(score.score)
app.command("explain")(explain.explain)
app.command("diagnose")(diagnose.diagnose)
app.command("findings")(findings.findings)
app.command("indicators")(indicators.indicators)
app.add_typer(knowledge.app, name="knowledge")
app.command("consult")(consult.consult)
app.add_typer(backtest.app, name="backtest")
predict.app.command("churn")(predict_churn.churn)
predict.app.command("report")(predict_report.report)
predict.app.command("verify")(predict_report.verify)
app.add_typer(alerts.app, name="alerts")
app.add_typer(playbook.app, name="playbook")
app.add_typer(runs.app, name="runs")
app.add_typer(tasks.app, name="tasks")
app.add_typer(messages.app, name="messages")
app.add_typer(predict.app, name="predict")
predict_next.register(predict.app)
app.command("events")(events.events)
app.add_typer(rejects.app, name="rejects")
app.add_typer(scorecard.app, name="scorecard")
app.command("override")(override.override)
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.command("doctor")(doctor.doctor)


def _version(asked: bool) -> None:
    if asked:
        print(version("keepwell"))
        raise typer.Exit


@app.callback()
def keepwell(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Customer-health monitoring for crypto platforms. Self-hosted; a fresh install sends nothing to anyone."""


def run() -> None:
    """Run a command: exit status 0 done, 1 refused or failed with a reason, 2 usage."""
    try:
        app()
    except KeepwellError as error:
        say(f"keepwell: {error}", to_errors=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)
