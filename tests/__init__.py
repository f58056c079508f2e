"""The tests: one folder a noun, as in src, and the laws, ports, scenarios and journeys beside them."""
