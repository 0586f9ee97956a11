"""The best of many recipes around one, found by validation accuracy with Optuna."""
