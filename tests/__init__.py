"""The tests mirror the code: one file per room."""
