"""Looking inside: pictures of the graph, replay, profile, anomaly detection, gradient checks."""
