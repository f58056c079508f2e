"""PostHog's capture requests, as its SDKs send them."""
