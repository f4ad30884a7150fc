"""What keeps the log trustworthy over the years: the archive's runs, the proof of history, signed heads."""
