"""Matrix products, distances, attention."""
