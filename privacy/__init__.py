"""Personal data: which fields are sensitive. Knows no store."""
