"""Open data, in and out: OCHA FTS and IATI."""
