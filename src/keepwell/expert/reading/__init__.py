"""The failure reader: what one document proves about one failure, and what it leaves open."""
