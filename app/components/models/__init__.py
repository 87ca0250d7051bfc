"""The parts of the page Models, drawn from a bundle's own files."""
