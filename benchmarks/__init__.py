"""Benchmarks: one script for each question. `make bench` runs them and renews docs/benchmarks.md.

Speed is a ratio against a peer that ran minutes apart at most, in processes of its own, in turns; medians are compared.
"""
