"""Makes the trained models of docs/models.md from models.toml: `make models`, or `python -m shipped NAME`."""
