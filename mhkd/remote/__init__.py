"""An analyser that stands elsewhere: what goes over the wire, and the caller's side of it."""
