"""To see why one network learns better than another: compare, tune, doctor, explain."""
