"""A signed body that is nothing the vendor sends is refused, and not passed over."""

import pytest

from keepwell.sources.delivery import Delivery
from keepwell.sources.sent import BodyRefusedError
from keepwell.sources.webhooks import WEBHOOKS
from tests.histories import NOW


@pytest.mark.parametrize("body", [b"{}", b'{"hello": "world"}'])
def test_a_signed_body_that_is_no_event_of_stripe_is_refused_visibly(body):
    with pytest.raises(BodyRefusedError, match="no event of Stripe"):
        WEBHOOKS["stripe"].parse(Delivery("POST", "/hooks/stripe", {}, body, NOW))
