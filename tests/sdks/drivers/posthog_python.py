"""posthog: every call once."""

import sys

from posthog import Posthog

url, key, *options = sys.argv[1:]
failed = []
client = Posthog(
    key, host=url, gzip="gzip" in options, max_retries=0, on_error=lambda error, _batch: failed.append(error)
)
client.set(distinct_id="u-1", properties={"email": "Ada@Example.org", "title": "Trader"})
client.group_identify("company", "acct-1", {"name": "Acme", "mrr": 500, "plan": "pro"}, distinct_id="u-1")
client.capture("feature_used", distinct_id="u-1", properties={"feature": "swap"}, groups={"company": "acct-1"})
client.capture("Signed In", distinct_id="u-1")
client.capture("$pageview", distinct_id="u-1", properties={"$pathname": "/docs/pricing"})
client.capture("$screen", distinct_id="anon-1", properties={"$screen_name": "Home"})
client.alias("anon-1", "u-1")
client.capture("Order Completed", distinct_id="42", properties={"amount": 12.5})
client.shutdown()
if failed:
    sys.exit(f"not delivered: {failed}")
sys.stdout.write("8\n")
