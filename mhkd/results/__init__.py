"""What the bundles reach, beside what was published: as rows, tables and a figure."""
