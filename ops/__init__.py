"""The operators' command line: arguments and progress only; the work is in the packages."""
