"""`keepwell demo`, as a newcomer meets it: a link in the terminal, a filled dashboard in the browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests import live

KEEPWELL = str(Path(sys.executable).with_name("keepwell"))


def check_that_it_breathes(owner, home):
    """Events arrive by themselves, and all pages are there meanwhile."""

    def arrived():
        found = re.search(r"<b>simulation</b>.*?<td[^>]*>(.*?)<", owner.get(f"{home}/sources").text, re.DOTALL)
        return found is not None and found.group(1) != "never"

    live.until(arrived, what="an event that arrives by itself")
    assert [owner.get(home + path).status_code for path in ("/", "/customers", "/events", "/sources")] == [200] * 4


def check_that_it_foresees(owner, home):
    """The round of today is made soon after the start; past weeks were relived when the demo was filled."""

    def outlook():
        return owner.get(f"{home}/api/v1/outlook").json()

    live.until(lambda: outlook()["wishes_because"], 90, "the round of forecasts")
    found = outlook()
    assert found["simulated"]
    assert {each["horizon"] for each in found["leaving"]} == {30, 60, 90}
    assert all(each["because"] and each["capacity"] == 12 for each in found["leaving"])
    assert owner.get(f"{home}/api/v1/forecasts/report").json()["failed_at"] is None


@pytest.mark.timeout(300)
def test_a_demo_is_filled_and_shut_to_everybody_else(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "rows.csv").write_text("customer_id,event,timestamp\nada,signed_in,2026-08-01T00:00:00Z\n")
    command = [KEEPWELL, "demo", "--customers", "30", "--days", "90", "--port", "0", "--data", str(data)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as demo:
        try:
            link = re.search(r"http://127\.0\.0\.1:\d+/login\?token=\S+", demo.stdout.readline()).group()
            home = link.split("/login")[0]
            with (
                httpx2.Client(base_url=home, follow_redirects=True) as stranger,
                httpx2.Client(follow_redirects=True) as owner,
            ):
                assert stranger.get("/").status_code in (401, 403)
                page = owner.get(link)
                assert page.status_code == 200
                assert stranger.get(link).status_code in (401, 403)
                assert owner.get(f"{home}/", headers={"host": "evil.example"}).status_code == 400
                ids = re.findall(r'href="(/customers/[^"?]+)"', owner.get(f"{home}/customers").text)
                assert len(set(ids)) == 30
                opened = owner.get(home + ids[0])
                assert opened.status_code == 200
                assert "add up" in opened.text
                check_that_it_breathes(owner, home)
                check_that_it_foresees(owner, home)
            busy = subprocess.run(
                [KEEPWELL, "import", "events", str(tmp_path / "rows.csv"), "--data", str(next(data.iterdir()))],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert busy.returncode == 1
            assert "in use" in busy.stderr
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(live.PATIENCE_S)
