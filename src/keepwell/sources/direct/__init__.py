"""Events in Keepwell's own words: what files hold in rows, as JSON over HTTP."""
