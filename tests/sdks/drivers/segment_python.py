"""segment-analytics-python: every call once, and a user whose id is a number."""

import sys

from segment.analytics.client import Client

url, key, *options = sys.argv[1:]
failed = []
client = Client(
    key, host=url, gzip="gzip" in options, max_retries=0, on_error=lambda error, _batch: failed.append(error)
)
client.identify("u-1", {"email": "Ada@Example.org", "title": "Trader"})
client.group("u-1", "acct-1", {"name": "Acme", "mrr": 500, "plan": "pro"})
client.track("u-1", "feature_used", {"feature": "swap"}, context={"groupId": "acct-1"})
client.track("u-1", "Signed In")
client.page("u-1", "Docs", "Pricing", {"path": "/docs/pricing"})
client.screen(anonymous_id="anon-1", name="Home")
client.alias("anon-1", "u-1")
client.track(42, "Order Completed", {"amount": 12.5})
client.shutdown()
if failed:
    sys.exit(f"not delivered: {failed}")
sys.stdout.write("8\n")
