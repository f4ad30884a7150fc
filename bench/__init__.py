"""Benchmarks: what the product takes and gives, each figure beside another one of the same run."""
