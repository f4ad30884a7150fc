"""What the business says: aggregates, their commands and events. Pure: no I/O, no clock, no randomness."""
