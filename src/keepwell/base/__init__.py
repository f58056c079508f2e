"""What every room shares: time, ids, decisions and the root error."""
