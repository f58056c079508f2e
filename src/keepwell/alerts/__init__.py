"""What needs attention: rules, what makes them fire, and the life of an alert."""
