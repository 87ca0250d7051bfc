"""How fast a bundle is here: every time beside a reference measured in the same run."""
