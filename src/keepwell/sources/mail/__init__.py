"""Mail that came back: replies, bounces, complaints. Reading it is pure."""
