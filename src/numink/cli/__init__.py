"""The commands. Results go to stdout, progress and messages to stderr; one file for each command."""
