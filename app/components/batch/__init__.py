"""Parts of the page “Batch”. Each draws plain values and owns its session-state keys."""
