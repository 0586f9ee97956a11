"""Reading handwriting: picture -> page -> ink -> numbers -> digits. Each stage is a function from arrays to arrays."""
