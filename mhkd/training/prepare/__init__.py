"""Data files for recipes, rebuilt from what others have published."""
