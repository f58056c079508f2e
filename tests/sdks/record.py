"""`python -m tests.sdks.record`: write down what each SDK sends, as samples for the tests of the readers."""

import gzip
import json
from pathlib import Path

from tests.sdks import drivers, receiver

SAMPLES = Path(__file__).parents[1] / "sources/tracking/samples"
HEADERS = ("authorization", "content-encoding", "content-type", "user-agent")


def main() -> None:
    """Record every driver, packed."""
    for driver in drivers.DRIVERS:
        with receiver.running("sample-key") as server:
            drivers.send(driver, server.url, server.key, "gzip")
            requests = [_request(*each) for each in server.requests]
        (SAMPLES / f"{driver}.json").write_text(json.dumps(requests, indent=1, ensure_ascii=False) + "\n")


def _request(path, headers, body):
    content = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    kept = {name: headers[name] for name in HEADERS if name in headers}
    return {"path": path, "headers": kept, "body": json.loads(content)}


if __name__ == "__main__":
    main()
