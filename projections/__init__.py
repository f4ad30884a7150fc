"""The read side: one small pure file per read model, and one engine that keeps them all up to date."""
