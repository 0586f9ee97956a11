"""Recipes against each other, over seeds: which is better, and whether that is chance."""
