"""How gradients become steps: optimisers and learning-rate schedules. They see flat vectors and never a layer."""
