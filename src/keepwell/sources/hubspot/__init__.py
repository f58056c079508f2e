"""HubSpot: deals, companies and what belongs to them."""
