"""Training: one loop over one state, the threads that share its work, and the callbacks that watch it."""
