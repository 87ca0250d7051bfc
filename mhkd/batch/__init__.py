"""Many posts in one file: read, checked, answered, measured, written."""
