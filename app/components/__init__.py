"""Parts of a page that draw plain values; each owns its session-state keys."""
