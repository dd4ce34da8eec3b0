"""What differentiates: graph, tensor, primitive, backward. Read them in this order."""
