"""One digit through a network, step by step, and back."""
