"""The parts of the guided tour."""
