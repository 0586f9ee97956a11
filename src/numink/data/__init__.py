"""The data room: files of digits to arrays."""
