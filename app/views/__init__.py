"""Pages: title, inputs, one call, draw."""
