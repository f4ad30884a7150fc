"""Personal data: which fields are sensitive, how they are sealed, and under whose keys. Knows no store."""
