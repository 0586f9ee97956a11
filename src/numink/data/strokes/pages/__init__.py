"""Pages of handwriting with the truth about them: a sheet, what is written on it, and its photograph."""
